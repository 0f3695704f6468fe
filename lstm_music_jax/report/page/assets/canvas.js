// Gives a canvas one pixel per pixel of the screen, and returns a pen that measures in the
// pixels of the page.
export function fitCanvas(canvas, width, height) {
  canvas.width = Math.round(width * devicePixelRatio);
  canvas.height = Math.round(height * devicePixelRatio);
  const pen = canvas.getContext("2d");
  pen.scale(devicePixelRatio, devicePixelRatio);
  return pen;
}

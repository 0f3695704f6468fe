// Reads the data of the page; `document.py` writes them.

export async function readData() {
  const data = JSON.parse(document.getElementById("data").textContent);
  return { ...data, numbers: numbersOf(await inflated(data.numbers)) };
}

async function inflated(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream();
  const whole = stream.pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(whole).arrayBuffer());
}

// Whole numbers of any size: seven bits per byte, the lowest first.
function numbersOf(bytes) {
  const numbers = [];
  let number = 0;
  let scale = 1;
  for (const byte of bytes) {
    // Not a shift, because that would cut the number to 32 bits.
    number += (byte & 127) * scale;
    scale *= 128;
    if (byte < 128) {
      numbers.push(number);
      number = 0;
      scale = 1;
    }
  }
  return numbers;
}

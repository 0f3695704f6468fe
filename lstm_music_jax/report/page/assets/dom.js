// Makes elements. Text is always set as text, never as markup, so that no name of a file
// can become part of the page.

export function make(tag, properties = {}, children = []) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// A slider with its label and its value in words.
export function makeSlider({ label, min, max, step, value, words, onInput }) {
  const input = make("input", { type: "range", min, max, step, value });
  const output = make("output", { "aria-hidden": "true" });
  const show = () => {
    const text = words(Number(input.value));
    output.textContent = text;
    input.setAttribute("aria-valuetext", text);
  };
  input.addEventListener("input", () => {
    show();
    onInput(Number(input.value));
  });
  show();
  const name = make("span", { textContent: label });
  return make("label", { className: "slider" }, [name, input, output]);
}

export function makeButton(label, onClick, properties = {}) {
  const button = make("button", { type: "button", textContent: label, ...properties });
  button.addEventListener("click", onClick);
  return button;
}

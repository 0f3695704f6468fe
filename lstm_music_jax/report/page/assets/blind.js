// Blind listening: pairs of unlabelled excerpts, one after the other.

import { Ballot } from "report/ballot.js";
import { make, makeButton } from "report/dom.js";
import { Excerpt } from "report/excerpt.js";

const CHOICES = [
  ["A", "A is better"],
  ["B", "B is better"],
  ["none", "No difference"],
];

export function mountBlind(element, blind, data) {
  return new Listening(element, new Ballot(blind), data);
}

class Listening {
  #data;
  #excerpts = [];

  constructor(element, ballot, data) {
    this.ballot = ballot;
    this.#data = data;
    this.progress = make("p", { className: "progress", role: "status" });
    this.stage = make("div", { className: "pair" });
    this.results = make("div", { className: "wide" });
    this.kept = make("p", { className: "hint" });
    element.replaceChildren(
      this.#settings(),
      this.progress,
      this.stage,
      this.#buttons(),
      this.kept,
      this.results,
    );
    ballot.addEventListener("change", () => this.#onOtherPage());
    this.#fillSettings();
    this.#showNext();
  }

  #settings() {
    this.name = make("input", { type: "text", maxLength: 100 });
    this.name.addEventListener("change", () => {
      // Two listeners without a name would be taken for one.
      this.ballot.listener = this.name.value.trim() || this.ballot.listener;
      this.#fillSettings();
    });
    this.sets = make("select", {}, this.#setOptions());
    this.sets.addEventListener("change", () => {
      const { value } = this.sets;
      this.ballot.set = value === "" ? undefined : Number(value);
      this.#showNext();
    });
    this.atOnce = make("input", { type: "checkbox" });
    this.atOnce.addEventListener("change", () => {
      this.ballot.revealsAtOnce = this.atOnce.checked;
    });
    return make("div", { className: "blind-settings" }, [
      labelled("Your name, or a code", this.name),
      labelled("Pairs", this.sets),
      make("label", {}, [this.atOnce, " Show after each answer which was which"]),
    ]);
  }

  #fillSettings() {
    this.name.value = this.ballot.listener;
    this.sets.value = this.ballot.set ?? "";
    this.atOnce.checked = this.ballot.revealsAtOnce;
  }

  // The same listener has answered, or changed a setting, on another page.
  #onOtherPage() {
    this.#fillSettings();
    const isOpen = !this.pair || this.ballot.unanswered.includes(this.pair);
    if (isOpen) this.#count();
    else this.#showNext();
  }

  #setOptions() {
    const all = `All ${this.ballot.pairs.length} pairs, in random order`;
    return [
      make("option", { value: "", textContent: all }),
      ...this.ballot.setSizes.map((size, set) =>
        make("option", { value: set, textContent: `Set ${set + 1}: ${size} pairs` }),
      ),
    ];
  }

  #buttons() {
    this.save = makeButton("Save votes", () => this.#download());
    this.show = makeButton("Stop, and show which was which", () => this.#reveal());
    const restart = makeButton("Next listener", () => {
      if (!confirm("Delete the votes on this page, and begin anew?")) return;
      this.ballot.restart();
      location.reload();
    });
    return make("div", { className: "blind-buttons" }, [this.save, this.show, restart]);
  }

  #showNext() {
    this.#clear();
    [this.pair] = this.ballot.unanswered;
    if (this.pair) this.#showPair(this.pair);
    else this.#reveal();
  }

  #clear() {
    for (const excerpt of this.#excerpts) excerpt.stop();
    this.#excerpts = [];
    this.pair = undefined;
    this.results.replaceChildren();
    this.#count();
  }

  #count() {
    const { unanswered, chosen, votes, isKept } = this.ballot;
    const number = chosen.length - unanswered.length + 1;
    this.progress.textContent = unanswered.length
      ? `Pair ${number} of ${chosen.length}`
      : "All pairs are answered.";
    this.save.disabled = this.show.disabled = !votes.length;
    this.kept.textContent = isKept
      ? "This browser keeps your votes, also if you close the page."
      : "This browser keeps nothing of this page. Save your votes before you close it.";
  }

  #showPair(pair) {
    const since = performance.now();
    const numbers = [pair.pieces[pair.first], pair.pieces[1 - pair.first]];
    const update = () => {
      const heard = this.#excerpts.every((excerpt) => excerpt.plays);
      answer.disabled = !heard || !form.elements.choice.value;
      hint.hidden = heard;
    };
    this.#excerpts = numbers.map(
      (number, i) => new Excerpt("AB"[i], this.#data.pieces[number], this.#data, update),
    );
    const remark = make("textarea", { rows: 2, maxLength: 2000 });
    const answer = makeButton("Answer", () => {}, { type: "submit", disabled: true });
    const hint = make("p", { className: "hint", textContent: "Play both before you answer." });
    const form = make("form", {}, [
      choiceFields(update),
      labelled("Remark (optional)", remark),
      hint,
      answer,
    ]);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.ballot.answer(pair, {
        choice: form.elements.choice.value,
        remark: remark.value.trim(),
        plays: this.#excerpts.map((excerpt) => excerpt.plays),
        seconds: Math.round((performance.now() - since) / 100) / 10,
      });
      this.#afterAnswer(pair);
    });
    this.stage.replaceChildren(...this.#excerpts.map((excerpt) => excerpt.element), form);
  }

  #afterAnswer(pair) {
    if (this.ballot.revealsAtOnce) this.#showAnswer(pair);
    else this.#showNext();
    // The focus was on a button that is gone.
    this.stage.querySelector("button")?.focus();
  }

  #showAnswer(pair) {
    this.#clear();
    this.ballot.reveal();
    const [a, b] = [pair.arms[pair.first], pair.arms[1 - pair.first]];
    const text = make("p", { role: "status", textContent: `A was ${a}. B was ${b}.` });
    const next = makeButton("Next", () => {
      this.#showNext();
      this.stage.querySelector("button")?.focus();
    });
    this.stage.replaceChildren(text, next);
  }

  // Lists all answers. Answers that are given later are marked as not wholly blind.
  #reveal() {
    this.#clear();
    this.ballot.reveal();
    const headings = ["A", "B", "preferred", "remark"];
    const rows = this.ballot.votes.map((vote) => {
      const second = vote.arms.find((arm) => arm !== vote.first);
      const choice = vote.choice === "none" ? "no difference" : vote.choice;
      const cells = [vote.first, second, choice, vote.remark];
      return make("tr", {}, cells.map((textContent) => make("td", { textContent })));
    });
    const head = headings.map((textContent) => make("th", { scope: "col", textContent }));
    this.results.replaceChildren(
      make("table", {}, [
        make("caption", { textContent: "Your answers" }),
        make("thead", {}, [make("tr", {}, head)]),
        make("tbody", {}, rows),
      ]),
    );
    const further = this.ballot.unanswered.length && makeButton("Go on", () => this.#showNext());
    this.stage.replaceChildren(...(further ? [further] : []));
  }

  #download() {
    const url = URL.createObjectURL(new Blob([this.ballot.file], { type: "application/json" }));
    const name = this.ballot.listener.replace(/[^\p{L}\p{N}]+/gu, "-");
    make("a", { href: url, download: `votes-${name}.json` }).click();
    // The browser reads the file after the click.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }
}

function choiceFields(onChange) {
  const choices = CHOICES.map(([value, text]) => {
    const input = make("input", { type: "radio", name: "choice", value });
    input.addEventListener("change", onChange);
    return make("label", {}, [input, ` ${text}`]);
  });
  const legend = make("legend", { textContent: "Which one is the better music?" });
  return make("fieldset", {}, [legend, ...choices]);
}

function labelled(text, input) {
  return make("label", { className: "field" }, [make("span", { textContent: text }), input]);
}

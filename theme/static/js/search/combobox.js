// A text box with a list of options below it: the combobox of the ARIA Authoring Practices, with manual selection.

import { element, isComposed } from "./dom.js";

const TYPING = 200; // ms without a key before options are looked up

/**
 * `offer(typed)` resolves to options {parts, …}, `parts` being nodes or strings; `take(option)` is called with the one that is
 * chosen. While an input method composes there are no options, and its keys are not ours.
 */
export function combobox(input, list, offer, take) {
  let options = [];
  let active = -1;
  let composing = false;
  let turn = 0;
  let pause;

  /** Look up no more for what was typed so far. */
  const stop = () => {
    turn++;
    clearTimeout(pause);
  };
  const point = (at) => {
    list.children[active]?.setAttribute("aria-selected", "false");
    active = at;
    const option = list.children[at];
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
  };
  const move = (at) => {
    stop(); // What is gone through stays as it is.
    point(at);
  };
  const show = (open) => {
    point(-1);
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
  };
  const close = () => {
    stop();
    show(false);
  };
  const open = async () => {
    stop();
    const mine = turn;
    const found = await offer(input.value);
    if (mine !== turn || composing || document.activeElement !== input) return;
    options = found;
    list.replaceChildren(...found.map(({ parts }, n) => element("li", { role: "option", id: `option${n}`, "aria-selected": "false" }, ...parts)));
    show(found.length > 0);
  };
  const choose = (at) => {
    const chosen = options[at];
    close();
    take(chosen);
  };
  const keys = {
    ArrowDown: ({ altKey }) => {
      if (list.hidden) return altKey && (open(), true);
      move((active + 1) % options.length);
      return true;
    },
    ArrowUp: ({ altKey }) => {
      if (list.hidden) return false;
      if (altKey) close();
      else move((active > 0 ? active : options.length) - 1);
      return true;
    },
    Enter: () => {
      const taken = !list.hidden && active >= 0;
      if (taken) choose(active);
      return taken;
    },
    // Always ours: what is typed is not thrown away, as browsers do in some boxes.
    Escape: () => (close(), true),
  };

  input.addEventListener("keydown", (event) => {
    if (isComposed(event)) {
      if (event.key === "Enter") event.preventDefault();
    } else if (!event.ctrlKey && !event.metaKey && !event.shiftKey && keys[event.key]?.(event)) {
      event.preventDefault();
    } else if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) {
      point(-1);
    }
  });
  const later = () => {
    stop();
    point(-1);
    pause = setTimeout(open, input.value ? TYPING : 0);
  };
  input.addEventListener("compositionstart", () => {
    composing = true;
    close();
  });
  input.addEventListener("compositionend", () => {
    composing = false;
    later();
  });
  input.addEventListener("input", (event) => {
    if (!composing && !event.isComposing) later();
  });
  for (const happening of ["focus", "click"]) input.addEventListener(happening, () => input.value || !list.hidden || open());
  input.addEventListener("blur", close);
  list.addEventListener("mousedown", (event) => event.preventDefault()); // The focus stays in the box.
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) choose([...list.children].indexOf(option));
  });
  input.form.addEventListener("submit", close);
}

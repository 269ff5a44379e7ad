// What a reader has chosen of the display, before the page is painted. The choices themselves work without this (site.css
// follows the radio buttons); here they are kept for the next page.

(() => {
  const root = document.documentElement;
  const names = ["size", "theme", "keys"];
  const known = (name) => {
    try {
      return localStorage.getItem(`tongbao-${name}`);
    } catch {
      return null; // Storage is switched off: a choice lasts as long as the page.
    }
  };
  for (const name of names) if (known(name)) root.dataset[name] = known(name);
  addEventListener("DOMContentLoaded", () => {
    const form = document.getElementById("prefs");
    for (const name of names) {
      const chosen = form.querySelector(`[value="${CSS.escape(root.dataset[name] ?? "")}"]`);
      if (chosen) chosen.checked = true;
    }
    form.addEventListener("change", ({ target }) => {
      root.dataset[target.name] = target.value;
      try {
        localStorage.setItem(`tongbao-${target.name}`, target.value);
      } catch {
        return;
      }
    });
  });
})();

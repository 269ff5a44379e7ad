// What a reader has chosen of the display, before the page is painted. The choices themselves work without this (site.css
// follows the radio buttons); here they are kept for the next page. And the key to the search, which they can switch off.

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
  // A bulletin whose labels are to be English is shown once they are (bulletin.css), so that nothing moves.
  const asked = new URLSearchParams(location.search).get("labels") ?? known("labels");
  if (asked === "en" && location.pathname.includes("/bulletin/")) root.dataset.labels = "awaited";
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
        return; // As above: the page has it, the next will not.
      }
    });
  });
  // To the search box, or where a page has none to that of the search page; not while something is typed. A reader who
  // dictates may have switched the key off (WCAG 2.1.4).
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || root.dataset.keys === "off" || event.defaultPrevented) return;
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.("input:not([type=radio], [type=checkbox]), select, textarea")) return;
    event.preventDefault();
    const box = document.getElementById("q");
    if (box) box.focus();
    else location.assign(`${document.querySelector("[data-t='nav.search']").href}#q`);
  });
})();

// The bulletin page works without this: each sign leads to its entry below the text. Here the entry comes to the sign.

const slip = document.createElement("aside");
slip.className = "slip";
slip.popover = "auto";
slip.id = "slip";

/** Show the entry of a sign beside it. */
function open(sign, entry) {
  const copy = entry.cloneNode(true);
  copy.removeAttribute("id");
  for (const details of copy.querySelectorAll("details")) details.open = true;
  const list = document.createElement("ol");
  list.className = "apparatus";
  list.append(copy);
  slip.replaceChildren(list);
  slip.showPopover();
  place(sign.getBoundingClientRect());
}

/** Below the sign, or above it where there is more room, and inside the window. */
function place(at) {
  const { width, height } = slip.getBoundingClientRect();
  const left = Math.max(8, Math.min(at.left - 24, innerWidth - width - 12));
  const below = at.bottom + 8;
  const top = below + height <= innerHeight || at.top < height + 16 ? below : at.top - height - 8;
  slip.style.left = `${left + scrollX}px`;
  slip.style.top = `${top + scrollY}px`;
}

if (typeof slip.showPopover === "function") {
  document.querySelector("article").append(slip);
  document.addEventListener("click", (event) => {
    const sign = event.target.closest("a.sign");
    const entry = sign && document.getElementById(sign.hash.slice(1));
    if (!entry || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(sign, entry);
  });
  slip.addEventListener("click", (event) => {
    if (event.target.closest("a")) slip.hidePopover();
  });
}

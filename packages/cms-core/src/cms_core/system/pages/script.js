"use strict";
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// Code to copy.
for (const block of all("pre.copyable")) {
  const button = document.createElement("button");
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.querySelector("code").textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
  block.append(button);
}

// A link to an operation or a schema opens it.
const open = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) { target.open = true; target.scrollIntoView(); }
};
addEventListener("hashchange", open);
open();

// The search field hides what does not hold all of its words.
const search = document.querySelector("input[type=search]");
if (search) {
  search.hidden = false;
  search.addEventListener("input", () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const hit = (element) => words.every((word) => element.textContent.toLowerCase().includes(word));
    for (const item of all("main details > summary")) { item.parentElement.hidden = !hit(item); }
    for (const section of all("main section")) {
      section.hidden = words.length > 0 && all("details:not([hidden])", section).length === 0;
    }
  });
}

// The landing page shows what was published last.
const list = document.querySelector("[data-recent]");
if (list) {
  fetch(list.dataset.recent).then((answer) => answer.json()).then(({ items }) => {
    for (const { slug, title } of items) {
      const link = document.createElement("a");
      link.href = `/api/v1/posts/${encodeURIComponent(slug)}`;
      link.textContent = title;
      const item = document.createElement("li");
      item.append(link);
      list.append(item);
    }
    list.closest("section").hidden = items.length === 0;
  }, () => {});
}

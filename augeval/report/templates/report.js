"use strict";
// Sorts and filters tables. Without it the page says the same; nothing is fetched and nothing is kept.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      // Numbers start with the largest, words with A.
      const numeric = head.classList.contains("num");
      const first = numeric ? "descending" : "ascending";
      const second = numeric ? "ascending" : "descending";
      const order = head.getAttribute("aria-sort") === first ? second : first;
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      const keyed = [...body.rows].map((row) => [key(row.cells[column]), row]);
      keyed.sort(([a], [b]) => (a === "" || b === "" ? (a === "") - (b === "") : sign * compare(a, b)));
      body.append(...keyed.map(([, row]) => row));
    });
  });
}

function key(cell) {
  return (cell.dataset.v ?? cell.textContent).trim().replace(/^–$/, "");
}

function compare(a, b) {
  const [x, y] = [Number(a), Number(b)];
  return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b, "en", { numeric: true }) : x - y || 0;
}

for (const bar of document.querySelectorAll(".filter")) {
  const rows = [...bar.parentElement.querySelector("table.sortable").tBodies[0].rows];
  const search = bar.querySelector("input");
  const selects = [...bar.querySelectorAll("select")];
  const output = bar.querySelector("output");
  for (const select of selects) {
    for (const value of new Set(rows.map((row) => row.dataset[select.dataset.filter]))) {
      if (value) select.add(new Option(value, value));
    }
  }
  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const fits = selects.every((select) => !select.value || row.dataset[select.dataset.filter] === select.value);
      row.hidden = !(fits && words.every((word) => text.includes(word)));
      shown += !row.hidden;
    }
    output.textContent = shown === rows.length ? `${shown} lines` : `${shown} of ${rows.length} lines`;
  };
  bar.addEventListener("input", show);
  bar.hidden = false;
  show();
}

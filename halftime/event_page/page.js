"use strict";
// The page is whole without this: it sorts and narrows tables, and opens what is folded before printing.

const key = (row, column) => {
  const cell = row.cells[column];
  const figure = cell.dataset.key;
  return figure === undefined ? cell.textContent.toLowerCase() : Number(figure);
};

const order = (table, column, sign) => {
  const body = table.tBodies[0];
  const rows = [...body.rows].sort((one, other) => {
    const [first, second] = [key(one, column), key(other, column)];
    return sign * (typeof first === "number" ? first - second : first.localeCompare(second));
  });
  body.append(...rows);
};

const sortable = (table) => {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") !== "descending";
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      order(table, column, down ? -1 : 1);
    });
  });
};

const narrowed = (table) => {
  const label = document.createElement("label");
  const field = document.createElement("input");
  field.type = "search";
  label.className = "narrow";
  label.append("Show campaigns with ", field);
  table.parentElement.before(label);
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const row of table.tBodies[0].rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
};

document.querySelectorAll("table[data-sortable]").forEach(sortable);
document.querySelectorAll("table.campaigns").forEach(narrowed);

let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  folded.forEach((each) => { each.open = true; });
});
addEventListener("afterprint", () => folded.forEach((each) => { each.open = false; }));

// Sorts and filters the table of students. Everything is there without it.
"use strict";
{
  const table = document.getElementById("heat");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const find = document.getElementById("find");
  const show = document.getElementById("show");
  const count = document.getElementById("count");
  const nameOf = new Map(rows.map((row) => [row, row.cells[0].textContent]));

  const filter = () => {
    const text = find.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const wanted = show.value === "" || show.value in row.dataset;
      row.hidden = !(wanted && nameOf.get(row).toLowerCase().includes(text));
      shown += !row.hidden;
    }
    count.textContent = `${shown} of ${rows.length} shown`;
  };

  // Rows come in the order of their names, which the stable sort keeps among equals.
  const orders = {
    name: () => 0,
    points: (a, b) => Number(b.dataset.points) - Number(a.dataset.points),
  };
  const sort = (heading) => {
    const again = heading.getAttribute("aria-sort");
    const first = heading.dataset.sort === "name" ? "ascending" : "descending";
    const reverse = again === first;
    const sorted = [...rows].sort(orders[heading.dataset.sort]);
    if (reverse) sorted.reverse();
    for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", reverse ? (first === "ascending" ? "descending" : "ascending") : first);
    body.append(...sorted);
  };

  for (const heading of table.querySelectorAll("th[data-sort]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => sort(heading));
  }
  find.addEventListener("input", filter);
  show.addEventListener("change", filter);
  document.getElementById("controls").hidden = false;
  filter();
}

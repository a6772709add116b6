"use strict";
(() => {
  const size = 100;
  const table = document.querySelector(".results");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  const find = document.getElementById("find");
  const outcome = document.getElementById("outcome");
  const reason = document.getElementById("reason");
  const shown = document.getElementById("shown");
  const back = document.getElementById("back");
  const next = document.getElementById("next");
  const outcomeAt = heads.findIndex((head) => head.dataset.name === "outcome");
  const reasonAt = heads.findIndex((head) => head.dataset.name === "reason");
  const texts = new Map();
  let fitting = rows;
  let page = 0;

  const textOf = (row) => {
    if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
    return texts.get(row);
  };

  const show = () => {
    const pages = Math.max(1, Math.ceil(fitting.length / size));
    page = Math.min(Math.max(page, 0), pages - 1);
    const start = page * size;
    const visible = new Set(fitting.slice(start, start + size));
    for (const row of rows) row.hidden = !visible.has(row);
    const last = Math.min(start + size, fitting.length);
    const of = fitting.length === rows.length ? "" : ` (of ${rows.length.toLocaleString("en")} in all)`;
    shown.textContent = fitting.length
      ? `${(start + 1).toLocaleString("en")}–${last.toLocaleString("en")} of ${fitting.length.toLocaleString("en")} rows${of}`
      : `no rows${of}`;
    back.disabled = page === 0;
    next.disabled = page >= pages - 1;
  };

  const filter = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    fitting = rows.filter(
      (row) =>
        (!outcome.value || row.cells[outcomeAt].textContent === outcome.value) &&
        (!reason.value || row.cells[reasonAt].textContent === reason.value) &&
        words.every((word) => textOf(row).includes(word)),
    );
    page = 0;
    show();
  };

  const sort = (head) => {
    const at = heads.indexOf(head);
    const isUp = head.getAttribute("aria-sort") !== "ascending";
    for (const each of heads) each.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", isUp ? "ascending" : "descending");
    const isNumber = head.classList.contains("number");
    const order = new Intl.Collator("en", { numeric: true });
    const keys = new Map(rows.map((row) => [row, row.cells[at].textContent]));
    rows.sort((one, other) => {
      const [a, b] = [keys.get(one), keys.get(other)];
      if (!a || !b) return (a ? 0 : 1) - (b ? 0 : 1);
      const found = isNumber ? Number(a) - Number(b) : order.compare(a, b);
      return isUp ? found : -found;
    });
    body.append(...rows);
    filter();
  };

  for (const head of heads) head.querySelector("button").addEventListener("click", () => sort(head));
  find.addEventListener("input", filter);
  outcome.addEventListener("change", filter);
  reason.addEventListener("change", filter);
  back.addEventListener("click", () => { page -= 1; show(); });
  next.addEventListener("click", () => { page += 1; show(); });
  addEventListener("beforeprint", () => {
    const chosen = new Set(fitting);
    for (const row of rows) row.hidden = !chosen.has(row);
  });
  addEventListener("afterprint", show);
  document.querySelector(".tools").hidden = false;
  show();
})();

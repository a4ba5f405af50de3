// Tables that sort by their columns and begin short.

// Columns are `{ name, cell(row) -> Node or text, by(row) -> number or text, right, first }`; without `by` they do not sort.
function table({ name, columns, rows, order, shown = 25, none }) {
  if (rows.length === 0) return none;
  const body = make("tbody");
  let limit = shown;
  let sorted = rows;
  let { column: at, falling } = order || { column: -1, falling: true };
  const heads = columns.map((column, index) => {
    const head = set(make(column.right ? "th.right" : "th"), { scope: "col" });
    if (!column.by) {
      head.append(make("span", column.name));
      return head;
    }
    head.append(button("", column.name, null, () => {
      falling = at === index ? !falling : Boolean(column.right);
      at = index;
      sort();
    }));
    return head;
  });
  const more = button(".more", "", null, () => { limit += 200; fill(); });
  const count = make("span");
  const below = make("div.below", count, more);

  function sort() {
    if (at >= 0) {
      const { by } = columns[at];
      const keyed = rows.map((row, index) => ({ row, index, key: by(row) }));
      const sign = falling ? -1 : 1;
      keyed.sort((a, b) => sign * ((a.key > b.key) - (a.key < b.key)) || a.index - b.index);
      sorted = keyed.map((it) => it.row);
    }
    heads.forEach((head, index) => {
      const mine = index === at;
      if (mine) set(head, { "aria-sort": falling ? "descending" : "ascending" });
      else head.removeAttribute("aria-sort");
      const press = head.querySelector("button");
      if (press) press.textContent = columns[index].name + (mine ? (falling ? " ↓" : " ↑") : "");
    });
    fill();
  }

  function fill() {
    body.replaceChildren(...sorted.slice(0, limit).map((row) => {
      const cells = columns.map((column) => {
        const kind = column.right ? "td.right" : column.text ? "td.text" : "td";
        return make(kind, column.cell(row));
      });
      return make("tr", ...cells);
    }));
    below.hidden = rows.length <= shown;
    count.textContent = `${grouped(Math.min(limit, rows.length))} of ${grouped(rows.length)}`;
    more.hidden = limit >= rows.length;
    more.textContent = `Show ${Math.min(200, rows.length - limit)} more`;
  }

  const caption = make("caption.unseen", name);
  const frame = make("div.table", make("table", caption, make("thead", make("tr", ...heads)), body));
  set(frame, { tabindex: "0", role: "region", "aria-label": name });
  sort();
  const all = document.createDocumentFragment();
  all.append(frame, below);
  return all;
}

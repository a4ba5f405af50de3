// Churn: what each frame took stands up, what it gave back hangs down.

function churnSection() {
  const { allocated_bytes: taken, freed_bytes: given, allocations, frees } = report.churn;
  const host = $("churn-plot");
  if (timeline.count === 0 || (taken.length === 0 && given.length === 0)) {
    host.append(empty("No churn", "Nothing was counted frame by frame."));
    return;
  }
  const sum = report.frames.map((_, index) => Math.max(+(taken[index] ?? 0), +(given[index] ?? 0)));
  $("churn-legend").append(
    make("span", swatch("taken"), "allocated"),
    make("span", swatch("given"), "freed"),
  );

  const draw = (context, area) => {
    const chosen = picks(area.width, sum);
    let most = 1;
    for (const index of chosen) most = Math.max(most, sum[index]);
    most = binaryStep(most);
    const middle = Math.round(area.top + area.height / 2);
    const per = area.height / 2 / (most * 1.02);
    context.font = `400 11px ${color("sans")}`;
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const [value, sign] of [[most, 1], [0, 0], [most, -1]]) {
      const y = middle - sign * value * per;
      context.fillStyle = color("axis");
      context.fillText(bytes(value), area.left - 7, y);
      context.fillStyle = color(value ? "grid" : "line-strong");
      context.fillRect(area.left, Math.round(y), area.width, 1);
    }
    context.textAlign = "left";
    const bars = [[taken, "taken", 1], [given, "given", -1]];
    for (const [values, name, sign] of bars) {
      context.fillStyle = color(name);
      for (let x = 0; x < area.width; x += 1) {
        const value = +(values[chosen[x]] ?? 0);
        if (value <= 0) continue;
        const tall = Math.max(1, value * per);
        context.fillRect(area.left + x, sign > 0 ? middle - tall : middle + 1, 1, tall);
      }
    }
  };

  const words = (index) => {
    const some = (values) => bytes(values[index] ?? 0);
    return `+${some(taken)} −${some(given)}`;
  };
  const tell = (index) => {
    const made = allocations.length ? `, ${plural(allocations[index], "allocation", "allocations")}` : "";
    const freed = frees.length ? `, ${plural(frees[index], "free", "frees")}` : "";
    return `Frame ${report.frames[index]}: ${bytes(taken[index] ?? 0)} allocated, ${bytes(given[index] ?? 0)} freed${made}${freed}`;
  };
  plot(host, { name: "Churn per frame", height: 150, hint: "plot-hint", draw, tell, flag: words });
}

import { useEffect, useRef, useState } from "react";
import type { TargetPoint } from "../api/schema.d.ts";
import { dayWords } from "../words/time.ts";

const HEIGHT = 180;
const LEFT = 34;
const BOTTOM = 26;
const TOP = 14;

/** The target as steps over time. A table beside it says the same in words. */
export function StepChart({ points, now, label }: { points: readonly TargetPoint[]; now: Date; label: string }) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(800);
  useEffect(() => {
    if (box.current === null) return;
    const watch = new ResizeObserver(([entry]) => entry && setWidth(Math.max(240, entry.contentRect.width)));
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);

  const first = Date.parse(points[0]?.from ?? "");
  const last = Date.parse(points.at(-1)?.to ?? "");
  const most = niceMost(Math.max(1, ...points.map((point) => point.target)));
  const x = (at: number) => LEFT + ((width - LEFT - 4) * (at - first)) / Math.max(1, last - first);
  const y = (target: number) => TOP + (HEIGHT - TOP - BOTTOM) * (1 - target / most);
  const corners = points.flatMap((point) => [`${x(Date.parse(point.from))},${y(point.target)}`, `${x(Date.parse(point.to))},${y(point.target)}`]);
  const days = midnights(first, last);
  const every = width < 520 ? 2 : 1;

  return (
    <div ref={box} className="chart">
      <svg width={width} height={HEIGHT} role="img" aria-label={`${label}. From ${Math.min(...points.map((p) => p.target))} to ${Math.max(...points.map((p) => p.target))}. The table below has each step.`}>
        {[0, most / 2, most].map((value) => (
          <g key={value}>
            <line className="rule" x1={LEFT} x2={width - 4} y1={y(value)} y2={y(value)} />
            <text x={LEFT - 8} y={y(value) + 4} textAnchor="end">
              {value}
            </text>
          </g>
        ))}
        {days.map((day, i) => (
          <g key={day}>
            <line className="rule" x1={x(day)} x2={x(day)} y1={TOP} y2={HEIGHT - BOTTOM + 4} />
            {i % every === 0 && x(day) < width - 60 && (
              <text x={x(day) + 4} y={HEIGHT - 8}>
                {dayWords(new Date(day))}
              </text>
            )}
          </g>
        ))}
        <polygon className="area" points={`${LEFT},${y(0)} ${corners.join(" ")} ${x(last)},${y(0)}`} />
        <polyline className="steps-line" points={corners.join(" ")} />
        {now.getTime() > first && now.getTime() < last && <line className="now" x1={x(now.getTime())} x2={x(now.getTime())} y1={TOP} y2={HEIGHT - BOTTOM} />}
      </svg>
    </div>
  );
}

const HALVES = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80];

/** The least that is not below, with a round half. */
export function niceMost(value: number): number {
  for (let scale = 1; ; scale *= 100) {
    const half = HALVES.find((one) => one * scale * 2 >= value);
    if (half !== undefined) return half * scale * 2;
  }
}

function midnights(from: number, to: number): number[] {
  const day = new Date(from);
  day.setHours(24, 0, 0, 0);
  const all: number[] = [];
  while (day.getTime() < to && all.length < 62) {
    all.push(day.getTime());
    day.setDate(day.getDate() + 1);
  }
  return all;
}

"""The evaluation as one self-contained page: what people would rather look at than read."""

import html
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ruamel.yaml import YAML

from bot.nlu.labels import ISSUE_LABELS, ISSUE_TYPES
from bot.nlu.scores import MOST_WRONG, Row, calibration, confusions, curve

NAMES = {**ISSUE_LABELS, "not_complaint": "不是售后问题"}
SHOWN, SENTENCES = 15, 6
TRIED = Path(__file__).parent / "nlu" / "tried.yml"
_STYLE = """
:root{color-scheme:light;--ink:#1f2933;--soft:#6b7785;--line:#e3e8ee;--blue:#2563eb;--red:#d64545}
*{box-sizing:border-box}body{margin:0;font:15px/1.6 system-ui,"Noto Sans CJK SC","PingFang SC",sans-serif;color:var(--ink);background:#f6f8fa}
main{max-width:1080px;margin:0 auto;padding:24px 16px 64px}h1{font-size:24px}h2{font-size:18px;margin:32px 0 8px}
section{background:#fff;border:1px solid var(--line);border-radius:12px;padding:16px;overflow-x:auto}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px}
.figures div{background:#fff;border:1px solid var(--line);border-radius:12px;padding:12px 16px}.figures b{display:block;font-size:24px}
.figures span,.note{color:var(--soft);font-size:13px}table{border-collapse:collapse;min-width:100%}td,th{padding:4px 8px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left}.up{color:#0a7d38}.down{color:var(--red)}.matrix td{text-align:center;border:1px solid #fff;min-width:44px}
.matrix th{font-weight:400;font-size:12px}.matrix th:not(:first-child){white-space:normal;vertical-align:bottom;padding:4px 2px;text-align:center}
.tried td{white-space:normal;vertical-align:top}.tried th:last-child,.tried td:last-child{text-align:left;min-width:150px}.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(320px,1fr));gap:16px}
details{border-bottom:1px solid var(--line);padding:8px 0}summary{cursor:pointer}li{overflow-wrap:anywhere}svg{width:100%;height:auto}svg text{font-size:12px;fill:var(--soft)}
"""


def page(rows: Sequence[Row], found: Dict[str, Any], before: Optional[Dict[str, Any]]) -> str:
    """The whole page as HTML; nothing in it is fetched from elsewhere."""
    return f"""<!doctype html><html lang="zh-CN"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>理解得怎么样 · Anxin</title>
<style>{_STYLE}</style><main><h1>理解得怎么样</h1>
<div class="figures">{_figures(found, before)}</div>
<h2>各类问题</h2><section>{_labels(found, before)}</section>
<h2>混淆矩阵</h2><p class="note">每行是真实类别，每列是判断结果；颜色越深，这一行里越多句子落在这里。</p>
<section>{_matrix(rows)}</section>
<div class="two"><div><h2>直接处理的比例与出错</h2><section>{_curve(rows, found)}</section></div>
<div><h2>把握说得准不准</h2><section>{_calibration(rows)}</section></div></div>
<h2>最常混淆的</h2><section>{_confusions(rows)}</section>
<h2>试过什么</h2><p class="note">都在同一份真实句子上量的，下一个想法请先看看这里。</p><section>{_tried()}</section></main></html>"""


def _figures(found: Dict[str, Any], before: Optional[Dict[str, Any]]) -> str:
    shown = [
        ("宏平均 F1", "macro_f1", f"{found['macro_f1']:.3f}"),
        ("判断可接受", "lenient", f"{found['lenient']:.1%}"),
        ("直接处理", "acted", f"{found['acted']:.1%}"),
        ("直接处理但判断错", "acted_wrongly", f"{found['acted_wrongly']:.1%}"),
        ("先问一句", "asked", f"{found['asked']:.1%}"),
        ("句子", "rows", f"{found['rows']:,}"),
    ]
    return "".join(
        f"<div><span>{name}</span><b>{value}</b><span>{_change(found[key], (before or {}).get(key), key)}</span></div>"
        for name, key, value in shown
    )


def _change(now: float, then: Any, key: str = "f1") -> str:
    if not isinstance(then, (int, float)):
        return ""
    if abs(now - then) < 0.0005:
        return "和上次一样"
    better = (now < then) if key == "acted_wrongly" else (now > then)
    return f'<span class="{"up" if better else "down"}">{now - then:+.3f}</span>'


def _labels(found: Dict[str, Any], before: Optional[Dict[str, Any]]) -> str:
    lines = []
    for label, one in found["labels"].items():
        then = ((before or {}).get("labels") or {}).get(label, {}).get("f1")
        lines.append(
            f"<tr><td>{NAMES[label]}</td><td>{one['precision']:.3f}</td><td>{one['recall']:.3f}</td>"
            f"<td><b>{one['f1']:.3f}</b></td><td>{one['n']:.0f}</td><td>{_change(one['f1'], then)}</td></tr>"
        )
    head = "<tr><th>类别</th><th>精确率</th><th>召回率</th><th>F1</th><th>句数</th><th>比上次</th></tr>"
    return f"<table>{head}{''.join(lines)}</table>"


def _matrix(rows: Sequence[Row]) -> str:
    counts: Dict[Tuple[str, str], int] = {}
    for row in rows:
        if row.gold is not None:
            counts[row.gold, row.predicted] = counts.get((row.gold, row.predicted), 0) + 1
    head = "".join(f"<th>{NAMES[label][:6]}</th>" for label in ISSUE_TYPES)
    lines = []
    for gold in ISSUE_TYPES:
        total = sum(counts.get((gold, said), 0) for said in ISSUE_TYPES)
        cells = []
        for said in ISSUE_TYPES:
            count = counts.get((gold, said), 0)
            share = count / total if total else 0.0
            color = "37,99,235" if gold == said else "214,69,69"
            ink = "#fff" if share > 0.5 else "inherit"
            cells.append(
                f'<td style="background:rgba({color},{min(1.0, share * (1 if gold == said else 3)):.2f});color:{ink}">'
                f"{count or ''}</td>"
            )
        lines.append(f"<tr><th>{NAMES[gold]}</th>{''.join(cells)}</tr>")
    return f'<table class="matrix"><tr><th></th>{head}</tr>{"".join(lines)}</table>'


def _curve(rows: Sequence[Row], found: Dict[str, Any]) -> str:
    points = curve(rows)
    acted = [(threshold, share) for threshold, share, _ in points]
    highest = max(0.05, max(wrong for _, _, wrong in points))
    wrong = [(threshold, share / highest) for threshold, _, share in points]
    goal = _y(MOST_WRONG / highest)
    drawn = (
        _frame("置信度阈值")
        + _line(acted, "#2563eb")
        + _line(wrong, "#d64545")
        + f'<line x1="40" x2="340" y1="{goal:.0f}" y2="{goal:.0f}" stroke="#d64545" stroke-dasharray="4"/>'
        + f'<text x="44" y="{goal - 4:.0f}">{MOST_WRONG:.0%} 错</text>'
    )
    note = (
        f'<p class="note"><span style="color:#2563eb">■</span> 直接处理的比例（0–100%）'
        f'<span style="color:#d64545">■</span> 其中判断错的占全部的比例（0–{highest:.0%}）。'
        f"错误不超过 {MOST_WRONG:.0%} 的最低阈值是 {found['threshold']:.2f}。</p>"
    )
    return f'<svg viewBox="0 0 360 240" role="img">{drawn}</svg>{note}'


def _calibration(rows: Sequence[Row]) -> str:
    points = calibration(rows)
    dots = "".join(
        f'<circle cx="{_x(sure):.0f}" cy="{_y(right):.0f}" r="{2 + min(8, count**0.5 / 4):.1f}" fill="#2563eb" fill-opacity=".6">'
        f"<title>{count} 句：说 {sure:.0%}，对 {right:.0%}</title></circle>"
        for sure, right, count in points
    )
    ideal = '<line x1="40" y1="200" x2="340" y2="20" stroke="#9aa5b1" stroke-dasharray="4"/>'
    return (
        f'<svg viewBox="0 0 360 240" role="img">{_frame("说有几成把握")}{ideal}{dots}</svg>'
        '<p class="note">点在虚线上：说几成把握，就有几成是对的。点越大，句子越多。</p>'
    )


def _confusions(rows: Sequence[Row]) -> str:
    parts: List[str] = []
    for gold, said, those in confusions(rows)[:SHOWN]:
        items = "".join(
            f"<li>{html.escape(row.text)} <span class='note'>{row.confidence:.2f}</span></li>"
            for row in those[:SENTENCES]
        )
        parts.append(
            f"<details><summary><b>{len(those)}</b> 句 {NAMES[gold]} → {NAMES[said]}</summary><ul>{items}</ul></details>"
        )
    return "".join(parts) or "没有"


def _tried() -> str:
    """What was tried for the classifier, from the small file that is kept by hand."""
    lines = []
    for one in YAML(typ="safe").load(TRIED.read_text(encoding="utf8")):
        lenient = f"{one['lenient']:.3f}" if "lenient" in one else ""
        told = [one["what"], f"{one['macro_f1']:.3f}", lenient, one.get("cost", "")]
        cells = "".join(f"<td>{html.escape(str(cell))}</td>" for cell in told)
        lines.append(f"<tr{' class=up' if one.get('used') else ''}>{cells}</tr>")
    head = "<tr><th>做法（绿色的在用）</th><th>宏平均 F1</th><th>判断可接受</th><th>代价</th></tr>"
    return f'<table class="tried">{head}{"".join(lines)}</table>'


def _frame(below: str) -> str:
    ticks = "".join(
        f'<text x="{_x(at):.0f}" y="216" text-anchor="middle">{at:.1f}</text>'
        f'<text x="34" y="{_y(at) + 4:.0f}" text-anchor="end">{at:.1f}</text>'
        f'<line x1="40" x2="340" y1="{_y(at):.0f}" y2="{_y(at):.0f}" stroke="#eef1f4"/>'
        for at in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    )
    return ticks + f'<text x="190" y="234" text-anchor="middle">{below}</text>'


def _line(points: Sequence[Tuple[float, float]], color: str) -> str:
    path = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>'


def _x(share: float) -> float:
    return 40 + 300 * share


def _y(share: float) -> float:
    return 200 - 180 * share

// SPDX-License-Identifier: MIT
#pragma once

namespace rankpool::batch {

/// The report's style sheet: for screens wide and narrow, light and dark, and for paper.
inline constexpr auto report_style = R"(
:root { color-scheme: light dark; --ink: #1c2430; --paper: #fff; --soft: #5b6675; --line: #d5dae1;
  --busy: #2f6fb0; --waiting: #e6eaf0; --failed: #c8402f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --paper: #14181e; --soft: #9aa5b4;
  --line: #343c47; --busy: #5b9bdc; --waiting: #272e38; --failed: #e8695a; } }
@media print { :root { --ink: #000; --paper: #fff; --soft: #444; --line: #bbb; --busy: #8a8a8a;
  --waiting: #eee; --failed: #000; } h2, h3, tr:has(+ .error) { break-after: avoid }
  svg, tr:not(:has(.long)), table.short { break-inside: avoid } .long { orphans: 4; widows: 4 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 3rem }
h1 { margin: 0; font-size: 1.8rem } h2 { margin: 2.2rem 0 .6rem; font-size: 1.25rem }
h3 { margin: 1.4rem 0 .4rem; font-size: 1rem } .lead { color: var(--soft); margin: .2rem 0 1.2rem }
.figures { display: grid; grid-template-columns: repeat(4, 1fr); gap: .6rem }
.figure { border: 1px solid var(--line); border-radius: .5rem; padding: .5rem .9rem; color: var(--soft);
  font-size: .85rem }
.figure b { display: block; color: var(--ink); font-size: 1.3rem } .figure.bad b { color: var(--failed) }
table { border-collapse: collapse; width: 100%; font-size: .9rem }
th, td { text-align: left; vertical-align: top; padding: .3rem 1rem .3rem 0;
  border-bottom: 1px solid var(--line) }
.n { text-align: right; white-space: nowrap; width: 1%; font-variant-numeric: tabular-nums }
.words { overflow-wrap: anywhere; white-space: pre-wrap } .wide { overflow-x: auto }
.wide td, td code, .where { white-space: nowrap } td:has(code), .where { width: 1% }
tr:has(+ .error) td { border-bottom: 0; padding-bottom: 0 } .error td { color: var(--soft) }
code { font-size: .9em } p > code { display: block; white-space: pre; overflow-x: auto }
@media screen { .long { max-height: 15rem; overflow-y: auto } }
@media print { .wide { overflow: visible } p > code { white-space: pre-wrap; overflow-wrap: anywhere } }
svg { width: 100%; height: auto; display: block } svg text { fill: var(--soft); font-size: 12px }
svg line { stroke: var(--soft) } rect.busy { fill: var(--busy) } rect.waiting { fill: var(--waiting) }
rect.failed { fill: var(--failed) } .key { color: var(--soft); font-size: .85rem }
.key i { display: inline-block; width: .8em; height: .8em; margin: 0 .3em 0 .8em;
  outline: 1px solid var(--soft); print-color-adjust: exact; -webkit-print-color-adjust: exact }
i.busy { background: var(--busy) } i.waiting { background: var(--waiting) } i.failed { background: var(--failed) }
@media screen and (max-width: 40rem) { .figures { grid-template-columns: repeat(2, 1fr) }
  svg { min-width: 38rem } svg text { font-size: 15px }
  .tasks thead, .tasks td:empty { display: none } .tasks .words { flex: 1 0 80%; min-width: 0 }
  .tasks tr { display: flex; flex-wrap: wrap; gap: 0 1rem; border-bottom: 1px solid var(--line); padding: .3rem 0 }
  .tasks tr:has(+ .error) { border-bottom: 0; padding-bottom: 0 }
  .tasks td { border: 0; padding: 0; width: auto } .error td { flex: 1 0 100%; min-width: 0 }
  .where { white-space: normal; overflow-wrap: anywhere }
  .task::before { content: "task " } .attempts::before { content: "attempts: " } }
)";

}  // namespace rankpool::batch

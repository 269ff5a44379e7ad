"""The search measured over synthetic bulletins, beside Pagefind on the same texts in the same run.

`corpus` writes and reads the texts, `build` indexes and exports them in a process of its own, `site` makes the pages,
`queries` draws what is asked, `truth` knows the right answers, `ask` asks the client in Node, `browse` the page in
Chromium, `peer` Pagefind; `serve` counts what goes over the wire, `memory` what a program takes, `report` writes it up.
"""

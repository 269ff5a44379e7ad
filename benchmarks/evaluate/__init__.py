"""The evaluation: how well Tongbao repairs and tags, beside its peers, on labelled cases and on generated damage.

    make evaluate        the labelled cases, beside the peers
    make soak            generated damage, clean text, properties and cost; on all cores (JOBS);
                         long: SIZE=500 for a quick look

Each module measures one subject and gives `Table`s; `__main__` prints them and puts them into `docs/evaluation.md`.
"""

"""What must not change a decision, and what must: behavioural tests after CheckList (Ribeiro et al. 2020, ACL).

    python -m benchmarks.metamorphic            every pass rate, and each failure
    python -m benchmarks.metamorphic --lean     without the sentence encoder

Only mails that a model has not learned from are altered: what it decides before and after is compared.
"""

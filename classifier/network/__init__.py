"""A small transformer that reads the impact facts from whole mails; the heads learn how far to trust it.

It is all-MiniLM-L6-v2, tuned with the labelled mails of ``training_data/`` by ``python -m tuning`` (which needs torch;
nothing here does). Retraining leaves it as it is: the heads learn from what it reads beside everything else, so an
agent's corrections still decide. Of each mail that it was tuned with, what it says was said by a network that had not
seen that mail nor its customer (stacking: Wolpert 1992, Neural Networks 5), so that heads are not taught to believe
what is only remembered.
"""

from __future__ import annotations

from classifier.network.network import LEAST as LEAST
from classifier.network.network import FactNetwork as FactNetwork
from classifier.network.network import installed_network as installed_network

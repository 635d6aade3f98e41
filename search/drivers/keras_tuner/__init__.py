"""KerasTuner's oracles as a driver: the oracle lives in a child process, what it must know in the coordinator."""

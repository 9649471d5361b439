"""Who takes turns, where and when: lanes in the hands of processes, and the processes' words to each other."""

"""Instruction data: teachers that write questions and answers about micrographs, and what filters them."""

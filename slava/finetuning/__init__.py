"""Fine-tuning: from labelled micrographs to a set of experts (slava.mope)."""

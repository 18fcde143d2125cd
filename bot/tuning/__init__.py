"""What is made once and kept in `made/`, by `make tune`: the tuned language models and the sentence encoder's layers."""

"""DyA-MoPE: a dynamic mixture of parameter-efficient experts on a frozen base."""

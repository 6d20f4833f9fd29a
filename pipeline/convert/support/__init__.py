"""What converts, with which remark, and what is refused."""

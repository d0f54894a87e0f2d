"""The tests; `deploy/ARCHITECTURE.md` says where each kind lies."""

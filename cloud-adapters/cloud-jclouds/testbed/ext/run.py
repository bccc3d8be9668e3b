"""run.py MODULE ARGUMENT…: calls main() of a module, for the daemons whose packages we do not install."""
import importlib
import sys

module = sys.argv.pop(1)
sys.argv[0] = module
sys.exit(importlib.import_module(module).main())

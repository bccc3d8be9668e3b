"""Stands in for Microsoft's msgraph, which Debian has not.

azure.azcollection imports it for every module, though only those of Entra ID use it; none of ours is one of them."""

GraphRequestAdapter = GraphServiceClient = None

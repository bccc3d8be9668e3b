"""Stands in for Microsoft's msgraph_core; see msgraph."""

GraphClientFactory = NationalClouds = None

"""Stands in for Microsoft's kiota_authentication_azure; see msgraph."""

"""The one name that azure.azcollection imports from here."""

AzureIdentityAuthenticationProvider = None

using System.Runtime.Versioning;

// Network namespaces, nftables, iproute2.
[assembly: SupportedOSPlatform("linux")]

using System.Collections.Immutable;

namespace Mmm.Shared.Settings;

/// <summary>HOCON: <c>tls { … }</c>: PEM files, absolute paths.</summary>
/// <param name="CaFile">The authorities that sign the installation's certificates: more than one while they change.</param>
/// <param name="CertFile">This node's certificate.</param>
/// <param name="KeyFile">Its key.</param>
/// <param name="Revoked">Serial numbers (hexadecimal) of certificates that are good for nothing any more.</param>
public sealed record TlsSettings(string CaFile, string CertFile, string KeyFile, ImmutableArray<string> Revoked);

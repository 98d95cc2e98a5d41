using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Mmm.Shared.Security;

/// <summary>Whom to let in by what certificate.</summary>
/// <param name="authorities">Who may sign.</param>
/// <param name="revoked">Serial numbers, hexadecimal, that are good for nothing any more.</param>
public sealed class PeerRule(X509Certificate2Collection authorities, ImmutableArray<string> revoked)
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";

    /// <summary>Who dialled: somebody of one of these kinds.</summary>
    public string? WhyNotIn(X509Certificate2? peer, IEnumerable<X509Certificate2> sentWith, IEnumerable<PeerKind> kinds, DateTimeOffset now) =>
        WhyNot(peer, sentWith, kinds, ClientUse, now);

    /// <summary>Who was dialled: a node of this kind, at the very address its certificate is for.</summary>
    public string? WhyNotOut(X509Certificate2? peer, IEnumerable<X509Certificate2> sentWith, PeerKind kind, string host, DateTimeOffset now)
    {
        if (WhyNot(peer, sentWith, [kind], ServerUse, now) is { } why)
            return why;
        return peer!.MatchesHostname(host, allowWildcards: false, allowCommonName: false) ? null : $"the certificate of {PeerName.Of(peer)} is not for the address {host}";
    }

    /// <summary>Null: it is signed by one of the authorities, in its time, and not revoked.</summary>
    public string? WhyNotSigned(X509Certificate2 peer, IEnumerable<X509Certificate2> sentWith, DateTimeOffset now) => WhyNotSigned(peer, sentWith, null, now);

    private string? WhyNot(X509Certificate2? peer, IEnumerable<X509Certificate2> sentWith, IEnumerable<PeerKind> kinds, string use, DateTimeOffset now)
    {
        if (peer is null)
            return "it shows no certificate";
        if (WhyNotSigned(peer, sentWith, use, now) is { } unsigned)
            return unsigned;
        if (PeerName.Of(peer) is not { } name)
            return $"its certificate ({peer.Subject}) has not exactly one name of the form {PeerName.Forms}";
        return kinds.Contains(name.Kind) ? null : $"its certificate is that of {name}; only {string.Join(" and ", kinds.Select(k => $"{k.ToString().ToLowerInvariant()}s"))} are let in here";
    }

    private string? WhyNotSigned(X509Certificate2 peer, IEnumerable<X509Certificate2> sentWith, string? use, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.ExtraStore.AddRange(sentWith.ToArray());
        // Nothing is fetched from where a stranger's certificate says; what is revoked stands in the configuration.
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        if (use is not null)
            chain.ChainPolicy.ApplicationPolicy.Add(new Oid(use));
        if (!chain.Build(peer))
            return $"its certificate ({peer.Subject}) is not accepted: {string.Join("; ", chain.ChainStatus.Select(s => s.StatusInformation.TrimEnd('.', '\n', ' ')).Distinct())}";
        return revoked.Contains(peer.SerialNumber, StringComparer.OrdinalIgnoreCase) ? $"its certificate ({peer.Subject}) is in tls.revoked" : null;
    }
}

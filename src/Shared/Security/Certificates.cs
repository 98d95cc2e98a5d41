using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Mmm.Shared.Security;

/// <summary>What a node shows others and what it goes by when others show theirs: its own certificate with its key, and the authorities it trusts.</summary>
public sealed class Certificates
{
    /// <summary>From when on an end that comes is warned of.</summary>
    public static readonly TimeSpan EndsSoon = TimeSpan.FromDays(30);

    private Certificates(X509Certificate2 own, PeerName name, X509Certificate2Collection authorities, PeerRule rule)
    {
        Own = own;
        Name = name;
        Authorities = authorities;
        Rule = rule;
    }

    /// <summary>With its key.</summary>
    public X509Certificate2 Own { get; }

    /// <summary>Whom <see cref="Own"/> names.</summary>
    public PeerName Name { get; }

    /// <summary>Every certificate of ca_file.</summary>
    public X509Certificate2Collection Authorities { get; }

    /// <summary>Who is let in.</summary>
    public PeerRule Rule { get; }

    /// <summary>The earliest end among its own certificate and the authority that signed it.</summary>
    public DateTimeOffset Ends => Authorities.Where(a => a.SubjectName.RawData.AsSpan().SequenceEqual(Own.IssuerName.RawData)).Select(a => a.NotAfter).Append(Own.NotAfter).Min().ToUniversalTime();

    /// <summary>The same with other serial numbers (hexadecimal) that are good for nothing any more.</summary>
    public Certificates Revoking(IEnumerable<string> revoked) => new(Own, Name, Authorities, new PeerRule(Authorities, [.. revoked]));

    /// <summary>Reads the texts of the three files.</summary>
    /// <param name="files">Where they are from, for messages.</param>
    /// <param name="read">Text of a file.</param>
    /// <param name="now">Time, UTC.</param>
    /// <exception cref="CertificateException">They cannot be used; says which file and what to do.</exception>
    public static Certificates Read(Settings.TlsSettings files, Func<string, string> read, DateTimeOffset now)
    {
        X509Certificate2Collection authorities = ReadAuthorities(files.CaFile, read);
        string pem = Text(files.CertFile, "tls.cert_file", read), key = Text(files.KeyFile, "tls.key_file", read);
        X509Certificate2 own = Using($"tls.cert_file {files.CertFile}", () => X509Certificate2.CreateFromPem(pem)).WithKey(key, files);
        PeerName name = PeerName.Of(own)
            ?? throw new CertificateException($"tls.cert_file {files.CertFile}: it has not exactly one subject alternative name of the form {PeerName.Forms}; 'mmm tls issue' makes certificates that do");
        if (files.Revoked.Contains(own.SerialNumber, StringComparer.OrdinalIgnoreCase))
            throw new CertificateException($"tls.cert_file {files.CertFile}: its serial number is in tls.revoked, so nobody lets this node in; 'mmm tls issue' makes another pair");
        var rule = new PeerRule(authorities, files.Revoked);
        if (rule.WhyNotSigned(own, [], VerifiedAt(own, now)) is { } why)
            throw new CertificateException($"tls.cert_file {files.CertFile}: no certificate of tls.ca_file {files.CaFile} has signed it ({why}); both must come from the same authority");
        return new Certificates(own, name, authorities, rule);
    }

    /// <summary>The authorities alone: what a client without a certificate of its own goes by.</summary>
    /// <exception cref="CertificateException">The file cannot be used.</exception>
    public static X509Certificate2Collection ReadAuthorities(string file, Func<string, string> read)
    {
        string text = Text(file, "tls.ca_file", read);
        return Using($"tls.ca_file {file}", () =>
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPem(text);
            return all.Count > 0 ? all : throw new CryptographicException("there is no certificate (PEM) in it");
        });
    }

    /// <summary>Why others would refuse this node; null when they would not.</summary>
    /// <param name="wanted">Who this node is.</param>
    /// <param name="address">Where others dial it; null = nobody does.</param>
    public string? WhyNotFor(PeerName wanted, string? address)
    {
        if (Name != wanted)
            return $"it is for {Name}, and this is {wanted}";
        return address is not null && !Own.MatchesHostname(address, allowWildcards: false, allowCommonName: false)
            ? $"it is not for the address {address}, at which the others reach this node" : null;
    }

    /// <summary>A sentence when the end has come or comes soon; null otherwise.</summary>
    public string? Ending(DateTimeOffset now)
    {
        string what = $"The certificate of {Name}, or of the authority that signed it,";
        if (Ends <= now)
            return $"{what} has expired ({Ends:u}): nobody lets this node in any more. Replace the files of tls.cert_file and tls.key_file ('mmm tls issue'); no restart is needed.";
        return Ends - now < EndsSoon ? $"{what} expires in {Math.Floor((Ends - now).TotalDays):0} days ({Ends:u}): replace the files of tls.cert_file and tls.key_file ('mmm tls issue'); no restart is needed." : null;
    }

    /// <summary>An expired certificate is told apart from a strange one: it is judged as of its last second.</summary>
    private static DateTimeOffset VerifiedAt(X509Certificate2 own, DateTimeOffset now) => own.NotAfter <= now ? own.NotAfter.AddSeconds(-1) : own.NotBefore > now ? own.NotBefore : now;

    private static string Text(string file, string key, Func<string, string> read)
    {
        try
        {
            return read(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CertificateException($"{key} {file} cannot be read: {e.Message}", e);
        }
    }

    internal static T Using<T>(string what, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new CertificateException($"{what} cannot be used: {e.Message}", e);
        }
    }
}

/// <summary>The message is a sentence for operators.</summary>
public sealed class CertificateException(string message, Exception? inner = null) : Exception(message, inner);

internal static class KeyPairs
{
    /// <summary>The same certificate with its key.</summary>
    public static X509Certificate2 WithKey(this X509Certificate2 certificate, string keyPem, Settings.TlsSettings files) => Certificates.Using(
        $"tls.key_file {files.KeyFile}, with tls.cert_file {files.CertFile},", () => X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), keyPem));
}

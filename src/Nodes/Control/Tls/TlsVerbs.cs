using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Mmm.Actors.Configuration;
using Mmm.Control.Monitors;
using Mmm.Control.Verbs;
using Mmm.Shared.Api;
using Mmm.Shared.Security;
using Mmm.Shared.Settings;

namespace Mmm.Control.Tls;

/// <summary><c>mmm tls init|issue|show</c>: an installation's certificates, made on the machine of whoever looks after it. No monitor is asked.</summary>
/// <param name="folder">Where they are kept.</param>
/// <param name="time">UTC clock.</param>
internal sealed class TlsVerbs(TlsFolder folder, TimeProvider time)
{
    public const string Name = "tls";
    public const int AuthorityDays = 3650;
    public const int Days = 365;
    public const int MostDays = 36500;

    private DateTimeOffset Now => time.GetUtcNow();

    /// <summary>Makes an authority.</summary>
    /// <param name="days">How long it is good.</param>
    /// <param name="renew">There is one: a new one takes its place and signs from now on, and both are trusted.</param>
    /// <param name="finish">Only the one that signs is trusted from now on.</param>
    /// <exception cref="CliFailure">There is one already, or none; it cannot be written.</exception>
    public VerbResult Init(int days, bool renew, bool finish)
    {
        bool isThere = File.Exists(folder.AuthorityFile) || File.Exists(folder.AuthorityKey);
        if (isThere && !renew && !finish)
            throw new CliFailure(ExitCodes.Refused, "tls", $"ERROR: {folder.Path} holds an authority already, and its certificates would be worth nothing with another one. To put a new one in its place step by step: mmm tls init --renew");
        if (finish)
        {
            using CertificateAuthority signs = folder.OpenAuthority();
            folder.Write(folder.AuthorityFile, signs.Certificate.ExportCertificatePem() + "\n", secret: false);
            return Said($"{folder.AuthorityFile} holds the new authority alone. Copy it to every node: what the old one has signed is not let in any more.");
        }

        string trusted = renew ? Renewable() : "";
        PemPair made = CertificateAuthority.Create($"MMM authority {Now.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)}", days, Now);
        // The key first: a certificate without its key would look like an authority that is whole.
        folder.Write(folder.AuthorityKey, made.Key, secret: true);
        folder.Write(folder.AuthorityFile, made.Certificate + trusted, secret: false);
        return Said(renew
            ? $"{folder.AuthorityFile} holds the new authority and the old one. Now: 1. copy it to every node; 2. issue every certificate anew (mmm tls issue --all) and copy them; 3. mmm tls init --finish, and copy ca.crt once more. No restart is needed; each step is in use some seconds after the copying."
            : $"An authority is made: {folder.AuthorityKey} (keep it where no node is, whoever has it can let anybody in) and {folder.AuthorityFile} (copy it to every node). Now: mmm tls issue --all --config FILE");
    }

    /// <summary>Issues the certificates of nodes.</summary>
    /// <param name="names">Monitors, hosts, or CLUSTER/HOST; empty = all that are configured.</param>
    /// <param name="settings">Who they are, and where.</param>
    /// <param name="cluster">Named in front; null = any.</param>
    /// <param name="days">How long they are good.</param>
    /// <exception cref="CliFailure">No authority; a name that nothing or more than one thing has.</exception>
    public VerbResult IssueNodes(ImmutableArray<string> names, MmmSettings settings, string? cluster, int days)
    {
        ImmutableArray<(PeerName Name, string[] Addresses)> known = [.. Nodes(settings).Where(n => cluster is null || n.Name.Name.StartsWith(cluster + ":", StringComparison.Ordinal))];
        ImmutableArray<(PeerName Name, string[] Addresses)> wanted = names.IsEmpty ? known : [.. names.Select(n => Find(n, known))];
        using CertificateAuthority authority = folder.OpenAuthority();
        return Said(string.Join('\n', wanted.Select(w => Issue(authority, w.Name, w.Addresses, days))));
    }

    /// <summary>Issues the certificate of a person or program that asks the monitors.</summary>
    /// <exception cref="CliFailure">No authority, or no name.</exception>
    public VerbResult IssueClient(string name, ApiRole role, int days)
    {
        if (!NameText.IsName(name))
            throw new CliFailure(ExitCodes.Usage, "usage", $"ERROR: '{name}' is no name for a client: {NameText.Allowed}.");
        using CertificateAuthority authority = folder.OpenAuthority();
        return Said(Issue(authority, PeerName.Client(name, role), [], days));
    }

    /// <summary>What is in certificate files.</summary>
    /// <param name="files">Empty = all of the folder.</param>
    /// <exception cref="CliFailure">There is none, or one cannot be read.</exception>
    public VerbResult Show(ImmutableArray<string> files)
    {
        ImmutableArray<string> all = files.IsEmpty ? [.. folder.CertificateFiles()] : files;
        if (all.IsEmpty)
            throw new CliFailure(ExitCodes.Refused, "tls", $"ERROR: There is no certificate in {folder.Path}: name files, or their folder with --dir.");
        var text = new StringBuilder();
        bool expired = false;
        foreach (string file in all)
        {
            foreach (X509Certificate2 certificate in Read(file))
            {
                expired |= certificate.NotAfter <= Now;
                text.Append(CultureInfo.InvariantCulture, $"{file}\n{Description(certificate)}\n");
            }
        }

        string shown = text.ToString();
        return VerbResult.Of(shown, expired ? ExitCodes.Refused : ExitCodes.Ok, new CommandAnswer(Name, !expired, shown), ApiFormat.Pretty.CommandAnswer);
    }

    /// <summary>Reads the configuration that names the nodes.</summary>
    /// <exception cref="CliFailure">No file, or not usable.</exception>
    public static MmmSettings Settings(string? path, CliContext context)
    {
        string file = path ?? context.DefaultConfigs.FirstOrDefault(TokenFile.MayRead)
            ?? throw new CliFailure(ExitCodes.Config, "config", "ERROR: Name the configuration with --config FILE: the nodes and their addresses are taken from it.");
        try
        {
            return SettingsReader.Read(file, new FileHoconSource(), context.Environment, NodeKind.Tool).Settings;
        }
        catch (SettingsException e)
        {
            throw new CliFailure(ExitCodes.Config, "config", $"ERROR: {e.Message}");
        }
    }

    private string Renewable()
    {
        using CertificateAuthority old = folder.OpenAuthority();
        return folder.Authorities();
    }

    private string Issue(CertificateAuthority authority, PeerName name, string[] addresses, int days)
    {
        PemPair made = authority.Issue(name, addresses, days, Now);
        folder.Write(folder.KeyOf(name), made.Key, secret: true);
        folder.Write(folder.CertificateOf(name), made.Certificate, secret: false);
        using X509Certificate2 certificate = X509Certificate2.CreateFromPem(made.Certificate);
        string role = name.Role is { } r ? $", {r.ToString().ToLowerInvariant()}" : "";
        return $"{name}{role}: {folder.CertificateOf(name)}, {folder.KeyOf(name)}, good until {Day(certificate.NotAfter)}";
    }

    /// <summary>A monitor is also dialled from its own machine.</summary>
    private static IEnumerable<(PeerName Name, string[] Addresses)> Nodes(MmmSettings settings) =>
    [
        .. settings.Monitors.Select(m => (PeerName.Monitor(m.Name), new[] { m.Address, "localhost", "127.0.0.1", "::1" })),
        .. settings.Clusters.Values.SelectMany(c => c.Topology.Hosts.Values.Select(h => (PeerName.Agent(c.Topology.Name, h.Name), new[] { h.Ip }))),
    ];

    private static (PeerName Name, string[] Addresses) Find(string name, ImmutableArray<(PeerName Name, string[] Addresses)> known)
    {
        (PeerName Name, string[] Addresses)[] found = [.. known.Where(k => k.Name.Name == name || k.Name.Name == name.Replace('/', ':') || k.Name.Name.EndsWith(":" + name, StringComparison.Ordinal))];
        return found switch
        {
            [var one] => one,
            [] => throw new CliFailure(ExitCodes.Refused, "unknown-name", $"ERROR: '{name}' is no monitor and no host; there are: {string.Join(", ", known.Select(k => k.Name))}. For a person or program: --client."),
            _ => throw new CliFailure(ExitCodes.Usage, "name-a-cluster", $"ERROR: '{name}' may be {string.Join(" or ", found.Select(f => f.Name))}: write CLUSTER/HOST, or issue --all."),
        };
    }

    private static X509Certificate2Collection Read(string file)
    {
        try
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPemFile(file);
            return all.Count > 0 ? all : throw new CliFailure(ExitCodes.Refused, "tls", $"ERROR: {file} holds no certificate (PEM).");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new CliFailure(ExitCodes.Refused, "tls", $"ERROR: {file}: {e.Message}");
        }
    }

    private string Description(X509Certificate2 certificate)
    {
        bool authority = certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(e => e.CertificateAuthority);
        string names = string.Join(", ", certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(e => e.EnumerateIPAddresses().Select(i => i.ToString()).Concat(e.EnumerateDnsNames())));
        PeerName? name = PeerName.Of(certificate);
        string who = authority ? $"authority {certificate.GetNameInfo(X509NameType.SimpleName, false)}" : name?.ToString() ?? $"nobody MMM knows ({certificate.Subject})";
        var text = new StringBuilder();
        Line("for", who + (name?.Role is { } role ? $", {role.ToString().ToLowerInvariant()}" : ""));
        if (names.Length > 0)
            Line("at", names);
        Line("good", $"{Day(certificate.NotBefore)} to {Day(certificate.NotAfter)}: {Left(certificate)}");
        Line("signed by", certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: true));
        Line("serial", certificate.SerialNumber);
        return text.ToString();

        void Line(string label, string value) => text.Append(CultureInfo.InvariantCulture, $"  {label,-10}{value}\n");
    }

    private string Left(X509Certificate2 certificate)
    {
        TimeSpan left = certificate.NotAfter.ToUniversalTime() - Now.UtcDateTime;
        return left <= TimeSpan.Zero ? "EXPIRED" : string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(left.TotalDays):0} days left{(left < Certificates.EndsSoon ? ", RENEW IT" : "")}");
    }

    private static string Day(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);

    private static VerbResult Said(string text) => VerbResult.Of(text, ExitCodes.Ok, new CommandAnswer(Name, true, text), ApiFormat.Pretty.CommandAnswer);
}

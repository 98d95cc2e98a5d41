using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mmm.Shared.Security;

namespace Mmm.Control.Tls;

/// <summary>
/// Where <c>mmm tls</c> keeps an authority and what it has issued: <c>ca.key</c>, <c>ca.crt</c> (all authorities that are to be trusted, the one that signs first), and a pair
/// for each name. Files are written beside their place and moved there, keys are readable by their owner only.
/// </summary>
/// <param name="Path">The folder.</param>
internal sealed record TlsFolder(string Path)
{
    public const string Default = "mmm-tls";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Everybody = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public string AuthorityKey => System.IO.Path.Combine(Path, "ca.key");

    public string AuthorityFile => System.IO.Path.Combine(Path, "ca.crt");

    public string CertificateOf(PeerName name) => System.IO.Path.Combine(Path, FileName(name) + ".crt");

    public string KeyOf(PeerName name) => System.IO.Path.Combine(Path, FileName(name) + ".key");

    /// <summary>Every certificate file, the authorities' first.</summary>
    public IEnumerable<string> CertificateFiles() => !Directory.Exists(Path)
        ? []
        : Directory.EnumerateFiles(Path, "*.crt").OrderBy(f => f != AuthorityFile).ThenBy(f => f, StringComparer.Ordinal);

    /// <exception cref="CliFailure">There is none, or it cannot be read.</exception>
    public CertificateAuthority OpenAuthority() => Guarded(() =>
    {
        if (!File.Exists(AuthorityFile) || !File.Exists(AuthorityKey))
            throw new CliFailure(ExitCodes.Refused, "no-authority", $"ERROR: {Path} holds no authority (ca.crt and ca.key): make one with 'mmm tls init --dir {Path}', or name its folder with --dir.");
        return new CertificateAuthority(X509Certificate2.CreateFromPemFile(AuthorityFile, AuthorityKey));
    });

    public string Authorities() => Guarded(() => File.ReadAllText(AuthorityFile));

    /// <exception cref="CliFailure">It cannot be written.</exception>
    public void Write(string file, string text, bool secret) => Guarded(() =>
    {
        if (!Directory.Exists(Path))
            MakeFolder();
        string draft = file + ".new";
        File.Delete(draft);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = secret ? OwnerOnly : Everybody;
        using (var writer = new StreamWriter(draft, options))
            writer.Write(text);
        File.Move(draft, file, overwrite: true);
        return true;
    });

    private void MakeFolder()
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(Path);
        else
            Directory.CreateDirectory(Path, OwnerOnly | UnixFileMode.UserExecute);
    }

    private static string FileName(PeerName name) => $"{name.Kind.ToString().ToLowerInvariant()}-{name.Name.Replace(':', '-')}";

    private static T Guarded<T>(Func<T> what)
    {
        try
        {
            return what();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new CliFailure(ExitCodes.Refused, "tls", $"ERROR: {e.Message}");
        }
    }
}

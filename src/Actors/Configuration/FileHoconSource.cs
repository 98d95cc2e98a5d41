using System.Text;
using Mmm.Shared.Settings.Hocon;

namespace Mmm.Actors.Configuration;

/// <summary>
/// Configuration files on disk. The only I/O of the configuration: programs that do not reference Mmm.Actors link this file
/// and <see cref="ConfigFile"/> (<c>&lt;Compile Include="…" Link="…" /&gt;</c>).
/// </summary>
public sealed class FileHoconSource : IHoconSource
{
    private static readonly UTF8Encoding _strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Far above any configuration; keeps a mistaken path (a device, a log) from filling the memory.</summary>
    private const int MaxLength = 4 * 1024 * 1024;

    public HoconLookup Find(string name, string? includedFrom)
    {
        string path;
        try
        {
            string? folder = includedFrom is null ? null : Path.GetDirectoryName(Path.GetFullPath(includedFrom));
            path = folder is null ? Path.GetFullPath(name) : Path.GetFullPath(name, folder);
        }
        catch (ArgumentException)
        {
            return new HoconLookup.Unreadable("(an impossible path)", "the name holds characters no path can have");
        }

        try
        {
            return Read(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new HoconLookup.Missing(path);
        }
        catch (UnauthorizedAccessException)
        {
            return new HoconLookup.Unreadable(path, Directory.Exists(path) ? "it is a folder" : "no permission: run as the user it belongs to, or change its owner or mode");
        }
        catch (DecoderFallbackException)
        {
            return new HoconLookup.Unreadable(path, "it is not UTF-8 text: save it as UTF-8");
        }
        catch (IOException e)
        {
            return new HoconLookup.Unreadable(path, e.Message);
        }
    }

    private static HoconLookup Read(string path)
    {
        // The mode is taken from the open file, so that what is judged is what is read.
        using FileStream stream = File.OpenRead(path);
        bool readableByOthers = !OperatingSystem.IsWindows() && (File.GetUnixFileMode(stream.SafeFileHandle) & UnixFileMode.OtherRead) != 0;
        byte[] bytes = new byte[MaxLength + 1];
        int length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return length > MaxLength
            ? new HoconLookup.Unreadable(path, $"it has more than {MaxLength} bytes: no configuration has")
            : new HoconLookup.Found(Canonical(path), _strictUtf8.GetString(bytes, 0, length), readableByOthers);
    }

    /// <summary>The same file under two names is one file: for include circles, and for whose mode counts.</summary>
    private static string Canonical(string path) =>
        File.ResolveLinkTarget(path, returnFinalTarget: true) is { Exists: true } target ? target.FullName : path;
}

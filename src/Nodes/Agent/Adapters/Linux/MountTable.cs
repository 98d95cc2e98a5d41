using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Mmm.Agent.Adapters.Linux;

/// <summary>A mounted file system, as proc_pid_mountinfo(5) tells it.</summary>
/// <param name="Device">Major and minor number.</param>
/// <param name="Root">Which of its folders is mounted.</param>
/// <param name="Point">Where.</param>
/// <param name="ReadOnly">This mount is.</param>
/// <param name="DiskReadOnly">The file system itself is, wherever it is mounted.</param>
internal sealed record Mount(string Device, string Root, string Point, bool ReadOnly, bool DiskReadOnly)
{
    /// <summary><see cref="Point"/> or a path below it, from the file system's own root.</summary>
    public string Inside(string path) => $"{Root.TrimEnd('/')}/{path[Point.Length..].TrimStart('/')}".TrimEnd('/');
}

/// <summary>A process's mounts. Everybody may read them, also of a process that may not be looked into otherwise.</summary>
internal sealed class MountTable
{
    private readonly ImmutableArray<Mount> _mounts;

    private MountTable(ImmutableArray<Mount> mounts) => _mounts = mounts;

    /// <summary>Of this process.</summary>
    public static MountTable? Own() => Read("self");

    /// <summary>Null when the process is gone, or hidden (hidepid).</summary>
    public static MountTable? Of(int pid) => Read(pid.ToString(CultureInfo.InvariantCulture));

    public static MountTable Parse(IEnumerable<string> lines)
    {
        var mounts = ImmutableArray.CreateBuilder<Mount>();
        foreach (string line in lines)
        {
            // "36 35 98:0 /root /point rw,noatime master:1 - ext4 /dev/sda rw,errors=continue": a varying number of fields before the hyphen.
            string[] fields = line.Split(' ');
            int hyphen = Array.IndexOf(fields, "-");
            if (hyphen >= 6 && fields.Length > hyphen + 3)
                mounts.Add(new Mount(fields[2], Plain(fields[3]), Plain(fields[4]), IsReadOnly(fields[5]), IsReadOnly(fields[hyphen + 3])));
        }

        return new MountTable(mounts.ToImmutable());
    }

    /// <summary>The mount that a path is on: the one with the longest name, and of several in one place the last.</summary>
    public Mount? At(string path) => _mounts
        .Where(m => m.Point == "/" || path == m.Point || path.StartsWith(m.Point + "/", StringComparison.Ordinal))
        .Aggregate((Mount?)null, (best, m) => best is null || m.Point.Length >= best.Point.Length ? m : best);

    /// <summary>True when the path leads to the same place in both.</summary>
    public bool HasSame(MountTable other, string path) =>
        At(path) is { } mine && other.At(path) is { } its && mine.Device == its.Device && mine.Inside(path) == its.Inside(path);

    private static MountTable? Read(string process)
    {
        try
        {
            return Parse(File.ReadLines($"/proc/{process}/mountinfo"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static bool IsReadOnly(string options) => options.Split(',').Contains("ro");

    /// <summary>Spaces and the like are written as a backslash and three octal digits.</summary>
    private static string Plain(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
            return text;
        var plain = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length && text.AsSpan(i + 1, 3).IndexOfAnyExceptInRange('0', '7') < 0)
            {
                plain.Append((char)Convert.ToInt32(text.Substring(i + 1, 3), 8));
                i += 3;
            }
            else
            {
                plain.Append(text[i]);
            }
        }

        return plain.ToString();
    }
}

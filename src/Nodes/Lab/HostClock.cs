using System.Globalization;
using System.Text.RegularExpressions;

namespace Mmm.Lab;

/// <summary>
/// A wall clock for one host of a lab. Namespaces share the machine's, so the host's programs are started with libfaketime in front of their libc: it adds the
/// seconds in a file to what CLOCK_REALTIME says, also while they run. Monotonic clocks, file times and the kernel's own timers stay true, as they do when
/// the clock of a real machine is stepped.
/// </summary>
public static partial class HostClock
{
    /// <summary>A running program has taken up a step after this long.</summary>
    public static readonly TimeSpan TakenUpWithin = TimeSpan.FromSeconds(1);

    /// <summary>Longest step, seconds: ten days.</summary>
    private const int Most = 864_000;

    /// <summary>Where Debian's package puts it, in ld.so's words: $LIB is lib/x86_64-linux-gnu and the like.</summary>
    private const string Library = "/usr/$LIB/faketime/libfaketimeMT.so.1";

    /// <summary>Its semaphores in /dev/shm would outlive a program that is killed: each gets a /dev/shm of its own.</summary>
    private const string Start = "mount -t tmpfs -o mode=1777 tmpfs /dev/shm && exec env \"$@\"";

    /// <exception cref="LabException">libfaketime is not there.</exception>
    public static void RequireLibrary()
    {
        const string root = "/usr/lib";
        if (!Directory.Exists(root) || !Directory.EnumerateDirectories(root).Any(d => File.Exists(Path.Combine(d, "faketime", Path.GetFileName(Library)))))
            throw new LabException($"A lab with clocks needs libfaketime, and {root}/*/faketime/{Path.GetFileName(Library)} is not there: apt-get install faketime");
    }

    /// <summary>Takes <c>+3600s</c>, <c>-3600s</c>, <c>90</c> or <c>0</c>.</summary>
    /// <exception cref="LabException">It is none of those.</exception>
    public static int Parse(string text) => StepPattern().Match(text) is { Success: true } m
        && int.TryParse(m.Groups[1].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int seconds) && Math.Abs(seconds) <= Most
            ? seconds
            : throw new LabException($"'{text}' is no offset of a clock: give seconds from -{Most} to +{Most}, for example +3600s or -3600s; 0 sets it right.");

    /// <summary>Sets a host's clock this many seconds ahead of the machine's.</summary>
    internal static void Set(LabPaths paths, string host, int seconds) =>
        PrivateFile.Replace(paths.ClockFile(host), seconds.ToString("+0;-0;+0", CultureInfo.InvariantCulture) + "\n");

    /// <summary>The command that runs a program by the host's clock.</summary>
    internal static IReadOnlyList<string> Run(LabPaths paths, string host, IReadOnlyList<string> program) =>
    [
        "sh", "-c", Start, "sh",
        "LD_PRELOAD=" + Library,
        "FAKETIME_TIMESTAMP_FILE=" + paths.ClockFile(host),
        "FAKETIME_CACHE_DURATION=" + TakenUpWithin.TotalSeconds.ToString("0", CultureInfo.InvariantCulture),
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
        // Switched on by itself with glibc from 2.30 on, it makes every wait by the monotonic clock end at once.
        "FAKETIME_FORCE_MONOTONIC_FIX=0",
        "NO_FAKE_STAT=1",
        .. program,
    ];

    [GeneratedRegex("^([+-]?[0-9]{1,9})s?$")]
    private static partial Regex StepPattern();
}

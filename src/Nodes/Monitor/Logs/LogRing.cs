using System.Collections.Immutable;
using Mmm.Shared.Api;

namespace Mmm.Monitor.Logs;

/// <summary>The latest lines of this process's log, in memory, for operators who are not on this machine. Any thread may write and read.</summary>
/// <param name="time">Stamps the lines.</param>
internal sealed class LogRing(TimeProvider time)
{
    /// <summary>Lines held; the oldest goes first. With the longest texts that is some 10 MB, usually below 1 MB.</summary>
    public const int Capacity = 2000;

    /// <summary>Longest message in characters; what is behind is in the log itself.</summary>
    public const int MaxMessageLength = 2048;

    /// <summary>Longest first line of an exception in characters.</summary>
    private const int MaxExceptionLength = 512;

    private readonly Lock _lock = new();
    private readonly LogEntry[] _entries = new LogEntry[Capacity];
    private long _latest;

    /// <summary>When this log began.</summary>
    public DateTimeOffset SinceUtc { get; } = time.GetUtcNow();

    public void Add(LogLevel level, string category, string message, Exception? exception)
    {
        string text = Cut(message, MaxMessageLength);
        string? cause = exception is null ? null : Cut(FirstLine($"{exception.GetType().FullName}: {exception.Message}"), MaxExceptionLength);
        lock (_lock)
        {
            _latest++;
            _entries[_latest % Capacity] = new LogEntry(_latest, time.GetUtcNow(), LogLevels.All[(int)level], category, text, cause);
        }
    }

    /// <summary>The latest lines that fit, oldest first.</summary>
    /// <param name="monitor">This node's name.</param>
    /// <param name="lines">At most so many.</param>
    /// <param name="least">Rank of the least level that is wanted, see <see cref="LogLevels.RankOf"/>.</param>
    /// <param name="after">Only lines with a greater number.</param>
    public LogReading Read(string monitor, int lines, int least, long after)
    {
        List<LogEntry> found = [];
        lock (_lock)
        {
            long oldest = Math.Max(1, _latest - Capacity + 1);
            for (long seq = _latest; seq >= oldest && seq > after && found.Count < lines; seq--)
            {
                LogEntry entry = _entries[seq % Capacity];
                if (LogLevels.RankOf(entry.Level) >= least)
                    found.Add(entry);
            }

            found.Reverse();
            return new LogReading(monitor, SinceUtc, _latest == 0 ? 0 : oldest, _latest, [.. found]);
        }
    }

    private static string FirstLine(string text)
    {
        int end = text.AsSpan().IndexOfAny('\r', '\n');
        return end < 0 ? text : text[..end];
    }

    /// <summary>No half of a surrogate pair at the end.</summary>
    private static string Cut(string text, int most)
    {
        if (text.Length <= most)
            return text;
        int end = char.IsHighSurrogate(text[most - 2]) ? most - 2 : most - 1;
        return text[..end] + "…";
    }
}

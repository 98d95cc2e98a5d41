using System.Globalization;
using Mmm.Shared.Ledger;

namespace Mmm.Shared.History;

/// <summary>The place of an event in the history: by the coordinator's reign, then in the order in which it noted them.</summary>
/// <param name="Epoch">The reign.</param>
/// <param name="No">Counts up by one from 1 within it.</param>
public sealed record EventId(Epoch Epoch, long No) : IComparable<EventId>
{
    private const char Separator = ':';

    public int CompareTo(EventId? other)
    {
        if (other is null)
            return 1;
        int byEpoch = Epoch.CompareTo(other.Epoch);
        return byEpoch != 0 ? byEpoch : No.CompareTo(other.No);
    }

    /// <summary>For cursors: <c>3:mon2:08de2a1c5e0f4b00:17</c>. Read by <see cref="TryParse"/>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Epoch.Counter}{Separator}{Epoch.Node}{Separator}{Epoch.Incarnation}{Separator}{No}");

    /// <returns>Null: it is none.</returns>
    public static EventId? TryParse(string text)
    {
        string[] parts = text.Split(Separator);
        return parts.Length == 4 && parts[1].Length > 0 && parts[2].Length > 0
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out long counter)
            && long.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out long no)
            ? new EventId(new Epoch(counter, parts[1], parts[2]), no)
            : null;
    }

    public static bool operator <(EventId a, EventId b) => a.CompareTo(b) < 0;

    public static bool operator >(EventId a, EventId b) => a.CompareTo(b) > 0;

    public static bool operator <=(EventId a, EventId b) => a.CompareTo(b) <= 0;

    public static bool operator >=(EventId a, EventId b) => a.CompareTo(b) >= 0;
}

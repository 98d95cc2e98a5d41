using System.Collections.Immutable;

namespace Mmm.Shared.Api;

/// <summary>GET /api/v1/config.</summary>
/// <param name="Monitor">Monitor node that answered.</param>
/// <param name="Fingerprint">Of the hosts, roles and addresses it runs with: equal on all nodes that agree on them.</param>
/// <param name="ReadAtUtc">When its configuration was last read without an error.</param>
/// <param name="NeedRestart">Keys that were written differently then than it runs with, and that a restart of it is needed for.</param>
public sealed record ConfigReading(string Monitor, string Fingerprint, DateTimeOffset ReadAtUtc, ImmutableArray<string> NeedRestart);

/// <summary>POST /api/v1/config/reload.</summary>
/// <param name="Monitor">Monitor node that answered.</param>
/// <param name="Fingerprint">As in GET /api/v1/config, from now on.</param>
/// <param name="Changed">Keys that have changed and are in effect; what came or went as a whole is one of them.</param>
/// <param name="NeedRestart">As in GET /api/v1/config.</param>
/// <param name="Warnings">What is legal but probably not meant, as at the start; each with its file and line.</param>
public sealed record ReloadReading(string Monitor, string Fingerprint, ImmutableArray<string> Changed, ImmutableArray<string> NeedRestart, ImmutableArray<string> Warnings);

/// <summary><c>mmm config reload --json</c>.</summary>
/// <param name="Monitors">One per monitor that was asked, in that order.</param>
public sealed record ReloadsReading(ImmutableArray<ReloadEntry> Monitors);

/// <param name="Monitor">Its name.</param>
/// <param name="Address">Where it was asked.</param>
/// <param name="Reloaded">What it answered; null = see <paramref name="Problem"/>.</param>
/// <param name="Problem">Why it has not read its configuration, or what is wrong with that.</param>
public sealed record ReloadEntry(string Monitor, string Address, ReloadReading? Reloaded, string? Problem);

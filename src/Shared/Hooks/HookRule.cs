using System.Collections.Immutable;
using Mmm.Shared.Decisions;

namespace Mmm.Shared.Hooks;

/// <summary>Which codes of the history are told under a hook name as well.</summary>
/// <param name="Hook">The hook name.</param>
/// <param name="Codes">Any of these, as far as the note says what it is about.</param>
/// <param name="When">And only then.</param>
/// <param name="HostOf">Host it is about; null = the note's.</param>
public sealed record HookRule(string Hook, ImmutableArray<string> Codes, Func<NoteAbout, bool> When, Func<NoteAbout, string?>? HostOf = null);

using System.Collections.Immutable;

namespace Mmm.Shared.Settings;

/// <summary>A configuration without errors.</summary>
/// <param name="Settings">Typed and complete.</param>
/// <param name="Warnings">Legal, but probably not meant; a node prints them when it starts. Each as <c>file:line: key: …</c>.</param>
public sealed record LoadedSettings(MmmSettings Settings, ImmutableArray<string> Warnings);

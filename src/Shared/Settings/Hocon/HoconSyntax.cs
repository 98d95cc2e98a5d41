namespace Mmm.Shared.Settings.Hocon;

/// <summary>What one file says, before includes, merging and substitution.</summary>
internal abstract record Syntax(HoconOrigin Origin);

/// <summary>A simple value. <paramref name="Quoted"/> text is never a number, a boolean or null.</summary>
internal sealed record SyntaxText(HoconOrigin Origin, string Text, bool Quoted) : Syntax(Origin);

/// <summary>Whitespace between two parts of a concatenation.</summary>
internal sealed record SyntaxSpace(HoconOrigin Origin, string Text) : Syntax(Origin);

/// <summary><c>${path}</c> or <c>${?path}</c>.</summary>
internal sealed record SyntaxSubstitution(HoconOrigin Origin, IReadOnlyList<string> Path, bool Optional) : Syntax(Origin);

/// <summary>Two or more parts side by side.</summary>
internal sealed record SyntaxConcatenation(HoconOrigin Origin, IReadOnlyList<Syntax> Parts) : Syntax(Origin);

internal sealed record SyntaxList(HoconOrigin Origin, IReadOnlyList<Syntax> Items) : Syntax(Origin);

internal sealed record SyntaxObject(HoconOrigin Origin, IReadOnlyList<SyntaxMember> Members) : Syntax(Origin);

/// <summary>What may stand in an object.</summary>
internal abstract record SyntaxMember(HoconOrigin Origin);

/// <summary><c>path = value</c>; <paramref name="Append"/> for <c>+=</c>.</summary>
internal sealed record SyntaxField(HoconOrigin Origin, IReadOnlyList<string> Path, bool Append, Syntax Value) : SyntaxMember(Origin);

/// <summary><c>include "file"</c> and its forms.</summary>
internal sealed record SyntaxInclude(HoconOrigin Origin, string Name, bool Required) : SyntaxMember(Origin);

using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mmm.Actors.Serialization;

/// <summary>
/// Lists on the wire hold no nulls and are never <c>default</c>: System.Text.Json checks nullability of constructor parameters but not
/// of list elements, and a <c>default(ImmutableArray)</c> throws at the first look at it, far from where it came from.
/// </summary>
internal sealed class StrictImmutableArrayConverterFactory : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) =>
        typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(ImmutableArray<>);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(StrictImmutableArrayConverter<>).MakeGenericType(typeToConvert.GetGenericArguments()))!;
}

/// <inheritdoc cref="StrictImmutableArrayConverterFactory"/>
internal sealed class StrictImmutableArrayConverter<T> : JsonConverter<ImmutableArray<T>>
{
    public override ImmutableArray<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException($"a list of {typeof(T).Name} was expected, not {reader.TokenType}");

        var element = (JsonConverter<T>)options.GetConverter(typeof(T));
        ImmutableArray<T>.Builder list = ImmutableArray.CreateBuilder<T>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.Null)
                throw new JsonException($"element {list.Count} of a list of {typeof(T).Name} is null");
            list.Add(element.Read(ref reader, typeof(T), options)!);
        }

        return list.ToImmutable();
    }

    public override void Write(Utf8JsonWriter writer, ImmutableArray<T> value, JsonSerializerOptions options)
    {
        if (value.IsDefault)
            throw new JsonException($"a list of {typeof(T).Name} is default(ImmutableArray), not empty");

        var element = (JsonConverter<T>)options.GetConverter(typeof(T));
        writer.WriteStartArray();
        foreach (T item in value)
        {
            if (item is null)
                throw new JsonException($"a list of {typeof(T).Name} holds a null");
            element.Write(writer, item, options);
        }

        writer.WriteEndArray();
    }
}

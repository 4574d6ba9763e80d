"""Validates recorded exchanges (RECORD_WIRE, test/local-aws/wire-record.ts) by AWS's own models and botocore's own validator and parser.

    PYTHONPATH=.venv/models .venv/bin/python test/e2e/validate_wire.py FOLDER

Prints a JSON object: how many exchanges there were, of which actions, and each finding once. Ends with 1 when there are findings.
botocore's validator knows types, required members and lower bounds; patterns, enums, upper bounds and unknown members are looked at here.
"""
import collections
import json
import pathlib
import sys

import botocore
import botocore.parsers
import botocore.session
import botocore.validate
import regex

MODELS = {'cognito': 'cognito-idp', 'ses': 'sesv2', 'dynamodb': 'dynamodb'}

# Members that tests put into pools, as a later model of the service would: what no SDK knows must survive.
FROM_TOMORROW = {
    'QuantumConfiguration', 'ThoughtPolicy', 'DeliveryDrone', 'Drone', 'Pigeon', 'FuturePolicy', 'FutureRule', 'FutureFooter',
}

# Where an answer of the service itself is not as its model says; the local AWS plays the service.
NOT_AS_MODELLED = {
    ('DescribeUserPool', 'answer.UserPool.CustomDomain'): 'the pattern has no dot, and a custom domain has at least one',
    ('DescribeUserPool', 'answer.UserPool.SchemaAttributes[].Name'): 'the standard attribute phone_number_verified has 21 characters, not 20',
    ('GetEmailIdentity', 'answer.MailFromAttributes'): 'of an identity without a MAIL FROM domain nothing but BehaviorOnMxFailure is there (inferred)',
}

# Answers of dynalite, which only npm start --aws asks for.
NOT_OURS = {'DescribeTable'}

# Errors that any action can give (Cognito: API reference, Common Errors), and what the protocols have of their own.
COMMON_ERRORS = {
    'AccessDeniedException', 'ThrottlingException', 'SerializationException', 'UnknownOperationException', 'ValidationException',
    'InternalFailure', 'ServiceUnavailable', 'UnrecognizedClientException',
}

session = botocore.session.get_session()
models = {name: session.get_service_model(model) for name, model in MODELS.items()}
validator = botocore.validate.ParamValidator()


def matches(pattern, value):
    """Whether the whole value has the pattern: the models write them for Java."""
    return regex.fullmatch(pattern, value, regex.V0) is not None


def differences(shape, value, path):
    """What the model does not allow in a value as it stood on the wire."""
    if value is None:
        return
    kind = shape.type_name
    fits = {
        'structure': isinstance(value, dict),
        'map': isinstance(value, dict),
        'list': isinstance(value, list),
        'string': isinstance(value, str),
        'boolean': isinstance(value, bool),
        'integer': isinstance(value, int) and not isinstance(value, bool),
        'long': isinstance(value, int) and not isinstance(value, bool),
        'double': isinstance(value, (int, float)) and not isinstance(value, bool),
        'float': isinstance(value, (int, float)) and not isinstance(value, bool),
        'timestamp': isinstance(value, (int, float)) and not isinstance(value, bool),
        'blob': isinstance(value, str),
    }
    if not fits[kind]:
        yield f'{path}: {kind} expected'
        return
    size = value if kind in ('integer', 'long', 'double', 'float') else len(value) if hasattr(value, '__len__') else None
    least, most = shape.metadata.get('min'), shape.metadata.get('max')
    if size is not None and ((least is not None and size < least) or (most is not None and size > most)):
        yield f'{path}: {least} to {most} expected'
    if kind == 'string' and shape.enum and value not in shape.enum:
        yield f'{path}: one of {", ".join(shape.enum)} expected'
    if kind == 'string' and 'pattern' in shape.metadata and not matches(shape.metadata['pattern'], value):
        yield f'{path}: {shape.metadata["pattern"]} expected'
    if kind == 'structure':
        for name, item in value.items():
            wire = {member.serialization.get('name', key): member for key, member in shape.members.items()}
            if name in wire:
                yield from differences(wire[name], item, f'{path}.{name}')
            elif name not in FROM_TOMORROW:
                yield f'{path}: unknown member {name}'
        for name in shape.required_members:
            if name not in value:
                yield f'{path}: {name} is required'
    if kind == 'list':
        for item in value:
            yield from differences(shape.member, item, f'{path}[]')
    if kind == 'map':
        for key, item in value.items():
            yield from differences(shape.key, key, f'{path}.keys')
            yield from differences(shape.value, item, f'{path}.values')


def known(shape, value):
    """The value without the members that the model does not know: botocore's validator calls each of them an error."""
    if isinstance(value, dict) and shape.type_name == 'structure':
        return {name: known(shape.members[name], item) for name, item in value.items() if name in shape.members and item is not None}
    if isinstance(value, dict) and shape.type_name == 'map':
        return {name: known(shape.value, item) for name, item in value.items()}
    if isinstance(value, list) and shape.type_name == 'list':
        return [known(shape.member, item) for item in value]
    return value


def in_request(operation, request):
    shape = operation.input_shape
    yield from differences(shape, request, 'request')
    report = validator.validate(known(shape, request), shape)
    if report.has_errors():
        yield f'request, by botocore: {report.generate_report()}'


def is_refused_by_model(answer):
    body = json.loads(answer['body'] or '{}')
    said = body.get('message') or ''
    return answer['status'] == 400 and ('validation error' in said or 'SerializationException' in json.dumps(answer['headers']))


def in_answer(model, operation, answer):
    parser = botocore.parsers.create_parser(model.protocol)
    response = {
        'status_code': answer['status'],
        'headers': botocore.compat.HTTPHeaders.from_dict(answer['headers']),
        'body': answer['body'].encode('utf-8'),
    }
    parsed = parser.parse(response, operation.output_shape)
    if answer['status'] >= 300:
        code = parsed['Error']['Code']
        names = {shape.name for shape in operation.error_shapes} | {shape.error_code for shape in operation.error_shapes}
        if code not in names | COMMON_ERRORS:
            yield f'answer: {code} is no error of {operation.name}'
        return
    if operation.output_shape is None or operation.name in NOT_OURS:
        return
    for finding in differences(operation.output_shape, json.loads(answer['body'] or '{}'), 'answer'):
        if (operation.name, finding.split(': ')[0]) not in NOT_AS_MODELLED:
            yield finding


def in_exchange(exchange):
    """Faults are a test's own words, and requests that no SDK sent are a test's own questions: both are only asked where they are the double's."""
    model = models[exchange['service']]
    if exchange['action'] not in model.operation_names:
        if exchange['isOfSdk']:
            yield f'{exchange["action"]} is no action of the model'
        return
    operation = model.operation_model(exchange['action'])
    answer = exchange.get('answer')
    wrong = list(in_request(operation, exchange['request']))
    is_refused = answer is not None and is_refused_by_model(answer)
    if exchange['isFault']:
        answer = None
    if exchange['isOfSdk'] and not is_refused:
        yield from wrong
    elif answer is not None and answer['status'] < 300 and wrong:
        yield from (f'taken by the local AWS: {one}' for one in wrong)
    if is_refused and answer is not None and not wrong:
        yield f'refused by the local AWS, and sound: {answer["body"]}'
    if answer is not None:
        yield from in_answer(model, operation, answer)


def main(folder):
    findings = collections.defaultdict(list)
    actions = collections.Counter()
    for file in sorted(pathlib.Path(folder).glob('*.json')):
        exchange = json.loads(file.read_text(encoding='utf-8'))
        actions[exchange['action']] += 1
        for finding in in_exchange(exchange):
            findings[f'{exchange["action"]}: {finding}'].append(file.name)
    result = {
        'botocore': botocore.__version__,
        'exchanges': sum(actions.values()),
        'actions': dict(sorted(actions.items())),
        'findings': {finding: files[:3] for finding, files in sorted(findings.items())},
    }
    print(json.dumps(result, indent=1, ensure_ascii=False))
    return 1 if findings else 0


sys.exit(main(sys.argv[1]))

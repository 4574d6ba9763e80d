"""Writes shapes.json: what the services' own models say about the input of each call that the local AWS plays.

Run it with the botocore of test/e2e/requirements-models.txt:  PYTHONPATH=.venv/models .venv/bin/python test/local-aws/model/generate.py [--check]
With --check nothing is written: it fails when the file is not what the model says.
"""
import json
import pathlib
import sys

import botocore
import botocore.loaders

OPERATIONS = {
    'cognito-idp': [
        'CreateUserPool', 'DescribeUserPool', 'UpdateUserPool', 'DeleteUserPool', 'SetUserPoolMfaConfig', 'GetUserPoolMfaConfig',
    ],
    'sesv2': [
        'GetAccount', 'GetConfigurationSet', 'GetConfigurationSetEventDestinations', 'GetEmailIdentity', 'GetDedicatedIpPool',
        'CreateConfigurationSet', 'CreateConfigurationSetEventDestination', 'CreateEmailIdentity', 'CreateDedicatedIpPool',
    ],
}
CONSTRAINTS = ['type', 'required', 'enum', 'pattern', 'min', 'max']
TARGET = pathlib.Path(__file__).with_name('shapes.json')


def closure(shapes, root):
    """The shapes that are reached from the root, each with nothing but what a request is judged by."""
    found = {}
    waiting = [root]
    while waiting:
        name = waiting.pop(0)
        if name in found:
            continue
        shape = shapes[name]
        kept = {key: shape[key] for key in CONSTRAINTS if shape.get(key) not in (None, [])}
        if shape['type'] == 'structure':
            kept['members'] = {member: reference['shape'] for member, reference in shape['members'].items()}
            waiting += kept['members'].values()
        for part in ('member', 'key', 'value'):
            if part in shape:
                kept[part] = shape[part]['shape']
                waiting.append(kept[part])
        found[name] = kept
    return found


def table():
    loader = botocore.loaders.Loader()
    result = {}
    for service, operations in OPERATIONS.items():
        model = loader.load_service_model(service, 'service-2')
        shapes = {}
        inputs = {}
        errors = {}
        for operation in operations:
            inputs[operation] = model['operations'][operation]['input']['shape']
            errors[operation] = [error['shape'] for error in model['operations'][operation].get('errors', [])]
            shapes.update(closure(model['shapes'], inputs[operation]))
        result[service] = {'inputs': inputs, 'errors': errors, 'shapes': shapes}
    return result


def source():
    """One shape a line, so that a new model shows in a diff what it changed."""
    origin = f'generate.py, from the service models in botocore {botocore.__version__} (cognito-idp 2016-04-18, sesv2 2019-09-27)'
    models = [
        f'"{service}": {{"inputs": {json.dumps(model["inputs"])},\n"errors": {json.dumps(model["errors"])},\n"shapes": {{\n'
        + ',\n'.join(f'{json.dumps(name)}: {json.dumps(shape)}' for name, shape in model['shapes'].items())
        + '\n}}'
        for service, model in table().items()
    ]
    return f'{{"source": {json.dumps(origin)},\n' + ',\n'.join(models) + '\n}\n'


if '--check' in sys.argv:
    if TARGET.read_text(encoding='utf-8') != source():
        sys.exit(f'{TARGET} is not what botocore {botocore.__version__} says: run this script without --check.')
else:
    TARGET.write_text(source(), encoding='utf-8')

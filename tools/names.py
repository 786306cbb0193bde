"""Which names a piece of code reads from outside, and which it leaves behind, without running it."""

import ast
import re

IN_SQL = re.compile(r"\b(?:from|join)\s+([a-z_]\w*)", re.IGNORECASE)
IN_QUERY = re.compile(r"@([A-Za-z_]\w*)")
REACHING = {"query": IN_QUERY, "eval": IN_QUERY, "sql": IN_SQL, "execute": IN_SQL}


def reads(code):
    """Names that must exist before the code runs: {name: line}. Builtins are among them."""
    return Names().over(code).read


def assigns(code):
    """Names that exist afterwards at the top level, in order of appearance."""
    return list(Names().over(code).known)


class Names(ast.NodeVisitor):
    """Walks statements in the order in which they run; a function's own names stay its own.

    Strings count where they reach for variables: query("x > @name"), sql("select 1 from name").
    """

    def __init__(self, known=()):
        self.known = dict.fromkeys(known)
        self.read = {}

    def over(self, code):
        self.visit(ast.parse(code) if isinstance(code, str) else code)
        return self

    def see(self, name, line):
        if name not in self.known:
            self.read.setdefault(name, line)

    def each(self, *parts):
        for part in parts:
            if isinstance(part, list):
                self.each(*part)
            elif part is not None:
                self.visit(part)

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Load):
            self.see(node.id, node.lineno)
        elif isinstance(node.ctx, ast.Store):
            self.known[node.id] = None

    def visit_Assign(self, node):
        self.each(node.value, node.targets)

    def visit_AnnAssign(self, node):
        self.each(node.value, node.target if node.value else None)

    def visit_NamedExpr(self, node):
        self.each(node.value, node.target)

    def visit_AugAssign(self, node):
        if isinstance(node.target, ast.Name):
            self.see(node.target.id, node.lineno)
        self.each(node.value, node.target)

    def visit_For(self, node):
        self.each(node.iter, node.target, node.body, node.orelse)

    def visit_Import(self, node):
        for alias in node.names:
            self.known[(alias.asname or alias.name).partition(".")[0]] = None

    visit_ImportFrom = visit_Import

    def visit_ExceptHandler(self, node):
        self.each(node.type)
        self.inside([node.name] if node.name else [], node.body)

    def visit_Call(self, node):
        method = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        pattern = REACHING.get(method)
        texts = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant)] if pattern else []
        for text in (one for one in texts if isinstance(one, str)):
            for name in pattern.findall(text):
                self.see(name, node.lineno)
        self.generic_visit(node)

    def visit_Lambda(self, node):
        self.function(node, [node.body])

    def visit_FunctionDef(self, node):
        self.each(node.decorator_list)
        self.known[node.name] = None
        self.function(node, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef

    def function(self, node, body):
        self.each(node.args.defaults, [one for one in node.args.kw_defaults if one])
        given = node.args.posonlyargs + node.args.args + node.args.kwonlyargs
        given += [one for one in (node.args.vararg, node.args.kwarg) if one]
        self.inside([one.arg for one in given], body)

    def visit_ClassDef(self, node):
        self.each(node.decorator_list, node.bases)
        self.known[node.name] = None
        self.inside([], node.body)

    def comprehension(self, node):
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        loops = [part for loop in node.generators for part in (loop.iter, loop.target, *loop.ifs)]
        self.inside([], [*loops, *parts])

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = comprehension

    def inside(self, given, body):
        """Visit a scope of its own: it sees our names, we keep only what it reads."""
        inner = Names([*self.known, *given])
        inner.each(list(body))
        for name, line in inner.read.items():
            self.see(name, line)
